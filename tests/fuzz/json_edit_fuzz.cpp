// Bodies of every API: whatever the bytes, an edit changes the strings it names and no other byte.
// Input: a byte that picks the API, a byte that picks the edits, the body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "apps/providers/json_string.h"
#include "apps/providers/provider.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

using pith::BodyEdit;
using pith::EditableText;
using pith::ParsedRequest;

void check_spans(std::string_view body, const ParsedRequest& request) {
  std::size_t end = 0;
  for (const EditableText& text : request.texts) {
    require(end < text.raw.begin && text.raw.begin < text.raw.end && text.raw.end < body.size());
    require(body[text.raw.begin - 1] == '"' && body[text.raw.end] == '"');
    require(pith::decode_json_string(body.substr(text.raw.begin, text.raw.end - text.raw.begin)) ==
            text.text);
    require(text.query.size() <= 2000);
    end = text.raw.end;
  }
}

void check_edits(std::string_view body, const ParsedRequest& request, std::uint8_t pick) {
  std::vector<BodyEdit> edits;
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < request.texts.size(); ++i) {
    const EditableText& text = request.texts[i];
    wanted.push_back(text.text);
    if (i % 8 != pick % 8U && (pick >> (i % 8) & 1) == 0) continue;
    wanted.back() = pick % 3 == 0
                        ? "new \"\\\n\x01 é"
                        : text.text.substr(0, pith::character_prefix(text.text, 3)) + "\t";
    edits.push_back({text.raw, wanted.back()});
  }
  const std::string edited = pith::splice_body(body, edits);

  const auto again = pith::parse_request(request.api, "/", edited);
  require(static_cast<bool>(again) && again->texts.size() == wanted.size());
  std::size_t before = 0, after = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const EditableText& old_text = request.texts[i];
    const EditableText& new_text = again->texts[i];
    require(new_text.text == wanted[i] && new_text.kind == old_text.kind &&
            new_text.turn == old_text.turn);
    require(body.substr(before, old_text.raw.begin - before) ==
            std::string_view(edited).substr(after, new_text.raw.begin - after));
    before = old_text.raw.end;
    after = new_text.raw.end;
  }
  require(body.substr(before) == std::string_view(edited).substr(after));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto api = static_cast<pith::Api>(1 + data[0] % 9);
  const std::vector<char> exact(data + 2, data + size);  // so that a read past the end is seen
  const std::string_view body(exact.data(), exact.size());
  const auto request = pith::parse_request(api, "/", body);
  if (!request) return 0;
  check_spans(body, *request);
  require(pith::splice_body(body, {}) == body);
  std::vector<BodyEdit> same;
  for (const EditableText& text : request->texts) same.push_back({text.raw, text.text});
  require(pith::splice_body(body, same) == body);
  check_edits(body, *request, data[1]);
  return 0;
}
