#include "stages/tokenize/hf_tokenizer_fields.h"
#include "stages/tokenize/unigram_model.h"
#include "stages/tokenize/word_piece.h"

namespace pith {
namespace {

using Made = Result<std::unique_ptr<const PieceModel>>;

Result<UnigramModel::Entry> entry_from(const JsonField& field) {
  const auto pair = field.elements();
  if (!pair) return pair.error();
  auto part = pair->begin();
  if (part == pair->end()) return field.error("not [piece, score]");
  auto spelling = (*part).string();
  if (!spelling) return spelling.error();
  if (++part == pair->end()) return field.error("not [piece, score]");
  const JsonField score_field = *part;
  const auto score = score_field.number();
  if (!score) return score.error();
  // Sums of scores must stay numbers.
  if (!(*score > -1e30 && *score < 1e30)) return score_field.error("out of range");
  if (!(++part == pair->end())) return field.error("not [piece, score]");
  return UnigramModel::Entry{*std::move(spelling), *score};
}

Made unigram_from(const JsonField& field) {
  const auto vocab_field = field.at("vocab");
  if (!vocab_field) return vocab_field.error();
  const auto list = vocab_field->elements();
  if (!list) return list.error();
  std::vector<UnigramModel::Entry> vocab;
  vocab.reserve(static_cast<std::size_t>(std::distance(list->begin(), list->end())));
  for (const JsonField& element : *list) {
    auto entry = entry_from(element);
    if (!entry) return entry.error();
    vocab.push_back(*std::move(entry));
  }
  const auto unknown_field = field.at("unk_id");
  if (!unknown_field) return unknown_field.error();
  const auto unknown = unknown_field->index();
  if (!unknown) return unknown.error();
  if (static_cast<std::size_t>(*unknown) >= vocab.size()) {
    return unknown_field->error("not in the vocabulary");
  }
  const auto byte_fallback = field.boolean("byte_fallback", false);
  if (!byte_fallback) return byte_fallback.error();
  return Made(std::make_unique<UnigramModel>(std::move(vocab), *unknown, *byte_fallback));
}

Made word_piece_from(const JsonField& field) {
  const auto vocab_field = field.at("vocab");
  if (!vocab_field) return vocab_field.error();
  const auto members = vocab_field->members();
  if (!members) return members.error();
  const auto unknown_spelling = field.string("unk_token", "[UNK]");
  if (!unknown_spelling) return unknown_spelling.error();
  WordPiece::Rules rules;
  std::vector<std::pair<std::string, std::int32_t>> vocab;
  bool unknown_found = false;
  vocab.reserve(static_cast<std::size_t>(std::distance(members->begin(), members->end())));
  for (JsonMember member : *members) {
    const auto id = member.value.index();
    if (!id) return id.error();
    if (member.key == *unknown_spelling) {
      rules.unknown = *id;
      rules.unknown_spelling = *unknown_spelling;
      unknown_found = true;
    }
    vocab.emplace_back(std::move(member.key), *id);
  }
  if (!unknown_found) return field.error("\"unk_token\" is not in the vocabulary");
  for (const auto& [spelling, id] : vocab) {
    if (id > id_max(vocab.size())) {
      return vocab_field->member("", spelling).error("an id far beyond the number of pieces");
    }
  }
  const auto prefix = field.string("continuing_subword_prefix", "##");
  if (!prefix) return prefix.error();
  rules.continuing_prefix = *prefix;
  if (const auto longest = field.find("max_input_chars_per_word")) {
    const auto chars = longest->index();
    if (!chars) return chars.error();
    rules.max_word_chars = static_cast<std::size_t>(*chars);
  }
  return Made(std::make_unique<WordPiece>(std::move(vocab), std::move(rules)));
}

}  // namespace

Made piece_model_from(const JsonField& field) {
  // Files of old engines have no type.
  const auto type = field.string("type", field.find("unk_id") ? "Unigram" : "WordPiece");
  if (!type) return type.error();
  if (*type == "Unigram") return unigram_from(field);
  if (*type == "WordPiece") return word_piece_from(field);
  return field.error("only Unigram and WordPiece are supported");
}

}  // namespace pith
