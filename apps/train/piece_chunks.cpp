#include "apps/train/piece_chunks.h"

#include <simdjson.h>

#include <algorithm>

#include "apps/train/jsonl_reader.h"
#include "apps/train/text_corpus.h"

namespace pith {
namespace {

/// Pieces [begin, end) of part `part` of `parts` nearly equal ones.
std::size_t part_begin(std::size_t size, std::size_t parts, std::size_t part) {
  return size * part / parts;
}

std::size_t num_parts(std::size_t size, std::size_t most) { return (size + most - 1) / most; }

Result<LabelledText> labelled_text(simdjson::dom::element record) {
  const auto wrong = [](const char* what) {
    return Error{ErrorCode::kInvalidArgument, std::string("wrong or missing field: ") + what};
  };
  LabelledText text;
  const auto string = [&](const char* key, std::string& into) {
    std::string_view value;
    if (record[key].get(value) != simdjson::SUCCESS) return false;
    into = value;
    return true;
  };
  if (!string("text", text.text)) return wrong("text");
  string("lang", text.lang);
  string("source", text.source);
  simdjson::dom::array words;
  simdjson::dom::array labels;
  if (record["words"].get(words) != simdjson::SUCCESS) return wrong("words");
  if (record["labels"].get(labels) != simdjson::SUCCESS) return wrong("labels");
  std::uint64_t done = 0;
  for (const simdjson::dom::element word : words) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (word.at(0).get(begin) != simdjson::SUCCESS || word.at(1).get(end) != simdjson::SUCCESS ||
        begin < done || begin > end || end > text.text.size()) {
      return wrong("words");
    }
    done = end;
    text.words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }
  for (const simdjson::dom::element label : labels) {
    std::uint64_t value = 0;
    if (label.get(value) != simdjson::SUCCESS || value > 2) return wrong("labels");
    text.labels.push_back(static_cast<KeepLabel>(value));
  }
  if (text.labels.size() != text.words.size()) return wrong("labels");
  return text;
}

}  // namespace

void PieceChunks::add(std::span<const Piece> pieces, std::size_t window, std::size_t shortest) {
  const std::size_t parts = num_parts(pieces.size(), window - 2);
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = part_begin(pieces.size(), parts, part);
    const std::size_t end = part_begin(pieces.size(), parts, part + 1);
    if (end - begin + 2 < shortest) continue;
    ids_.push_back(kBeginId);
    for (std::size_t i = begin; i < end; ++i) ids_.push_back(pieces[i].id);
    ids_.push_back(kEndId);
    begins_.push_back(ids_.size());
  }
}

std::vector<LabelledChunk> label_chunks(std::span<const Piece> pieces,
                                        std::span<const ByteSpan> words,
                                        std::span<const KeepLabel> labels, std::size_t window) {
  constexpr std::uint32_t kNoWord = 0xFFFFFFFFU;
  // The word of each piece; pieces of no word (bare blanks) go with the next one.
  std::vector<std::uint32_t> word_of(pieces.size(), kNoWord);
  std::size_t word = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    while (word < words.size() && words[word].end <= pieces[i].span.begin) ++word;
    // A piece may begin with the blank in front of its word.
    if (word < words.size() &&
        words[word].begin < std::max(pieces[i].span.end, pieces[i].span.begin + 1)) {
      word_of[i] = static_cast<std::uint32_t>(word);
    }
  }
  for (std::size_t i = pieces.size(); i-- > 1;) {
    if (word_of[i - 1] == kNoWord) word_of[i - 1] = word_of[i];
  }
  const std::size_t most = window - 2;
  const std::size_t parts = num_parts(pieces.size(), most);
  std::vector<LabelledChunk> chunks;
  for (std::size_t begin = 0; begin < pieces.size();) {
    // The fair share, moved back to where a word begins; a word longer than the window is cut.
    std::size_t end = std::min(begin + most, begin + num_parts(pieces.size(), parts));
    end = std::min(end, pieces.size());
    for (std::size_t cut = end; cut < pieces.size() && cut > begin; --cut) {
      if (word_of[cut] != word_of[cut - 1]) {
        end = cut;
        break;
      }
    }
    LabelledChunk chunk;
    chunk.ids.push_back(kBeginId);
    std::vector<std::uint32_t> number = {kNoWord};
    for (std::size_t i = begin; i < end; ++i) {
      chunk.ids.push_back(pieces[i].id);
      if (word_of[i] != kNoWord && (chunk.words.empty() || chunk.words.back() != word_of[i])) {
        chunk.words.push_back(word_of[i]);
        chunk.labels.push_back(labels[word_of[i]]);
      }
      number.push_back(word_of[i] == kNoWord ? kNoWord
                                             : static_cast<std::uint32_t>(chunk.words.size() - 1));
    }
    chunk.ids.push_back(kEndId);
    number.push_back(kNoWord);
    for (std::uint32_t& each : number) {
      each = std::min(each, static_cast<std::uint32_t>(chunk.words.size()));
    }
    chunk.word_of_piece = std::move(number);
    begin = end;
    if (!chunk.words.empty()) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<std::int32_t> chunk_positions(std::size_t length) {
  std::vector<std::int32_t> positions(length);
  for (std::size_t i = 0; i < length; ++i) {
    positions[i] = kPadId + 1 + static_cast<std::int32_t>(i);
  }
  return positions;
}

Result<std::vector<LabelledText>> read_labelled_texts(
    const std::string& path, const std::vector<std::string>& leave_out_sources) {
  std::vector<LabelledText> texts;
  simdjson::dom::parser parser;
  const Result<Done> read = for_each_line(path, [&](std::string_view line) -> Result<Done> {
    simdjson::dom::element record;
    if (parser.parse(line.data(), line.size()).get(record) != simdjson::SUCCESS) {
      return Error{ErrorCode::kInvalidArgument, "not JSON"};
    }
    auto text = labelled_text(record);
    if (!text) return text.error();
    if (!source_matches(text->source, leave_out_sources)) texts.push_back(*std::move(text));
    return Done{};
  });
  if (!read) return read.error();
  return texts;
}

}  // namespace pith
