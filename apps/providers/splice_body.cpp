#include <simdjson.h>

#include <cassert>

#include "apps/providers/json_string.h"
#include "apps/providers/provider.h"

namespace pith {
namespace {

bool same_text(std::string_view raw, std::string_view text) {
  return raw.find('\\') == std::string_view::npos ? raw == text : decode_json_string(raw) == text;
}

}  // namespace

std::string splice_body(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::string out;
  out.reserve(body.size());
  std::size_t done = 0;
  for (const BodyEdit& edit : edits) {
    assert(done <= edit.raw.begin && edit.raw.begin <= edit.raw.end && edit.raw.end <= body.size());
    const std::string_view raw = body.substr(edit.raw.begin, edit.raw.end - edit.raw.begin);
    if (same_text(raw, edit.text)) continue;  // its escapes stay as the client wrote them
    if (!simdjson::validate_utf8(edit.text)) continue;
    out.append(body, done, edit.raw.begin - done);
    append_json_escaped(out, edit.text);
    done = edit.raw.end;
  }
  out.append(body, done);
  return out;
}

}  // namespace pith
