#include "apps/train/sentencepiece_training.h"

#include <sentencepiece_trainer.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <unordered_map>

#include "apps/train/protobuf_fields.h"

namespace pith {
namespace {

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return at_ >= sentences_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return sentences_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  std::size_t at_ = 0;
};

/// "FROM\tTO\n" in hexadecimal code points, the trainer's format. Small on purpose: the full NFKC
/// table would take a twelfth of the policy file.
std::string normalisation_rules() {
  std::string rules;
  const auto rule = [&rules](unsigned from, const char* to) {
    char line[32];
    std::snprintf(line, sizeof(line), "%X\t%s\n", from, to);
    rules += line;
  };
  for (unsigned c = 1; c < 0x20; ++c) rule(c, "20");
  for (const unsigned blank :
       {0x7FU, 0x85U, 0xA0U, 0x1680U, 0x2028U, 0x2029U, 0x202FU, 0x205FU, 0x3000U}) {
    rule(blank, "20");
  }
  for (unsigned c = 0x2000; c <= 0x200A; ++c) rule(c, "20");
  for (const unsigned nothing : {0xADU, 0x200BU, 0x200CU, 0x200DU, 0x2060U, 0xFEFFU}) {
    rule(nothing, "");
  }
  for (const unsigned quote : {0x2018U, 0x2019U, 0x201BU}) rule(quote, "27");
  for (const unsigned quote : {0x201CU, 0x201DU, 0x201FU}) rule(quote, "22");
  for (unsigned c = 0xFF01; c <= 0xFF5E; ++c) {
    char plain[8];
    std::snprintf(plain, sizeof(plain), "%X", c - 0xFF01 + 0x21);
    rule(c, plain);
  }
  return rules;
}

/// The trainer wants a file; it is gone when this is.
class RulesFile {
 public:
  RulesFile() {
    const int fd = ::mkstemp(path_);
    if (fd < 0) return;
    const std::string rules = normalisation_rules();
    written_ = ::write(fd, rules.data(), rules.size()) == static_cast<ssize_t>(rules.size());
    ::close(fd);
  }
  RulesFile(const RulesFile&) = delete;
  RulesFile& operator=(const RulesFile&) = delete;
  ~RulesFile() { ::unlink(path_); }
  bool written() const { return written_; }
  const char* path() const { return path_; }

 private:
  char path_[32] = "/tmp/pith-rules-XXXXXX";
  bool written_ = false;
};

/// The model remembers where its rules came from: a temporary name that would differ from run to
/// run.
std::string without_rules_path(const std::string& model) {
  constexpr std::uint32_t kNormalizerSpec = 3;  // of ModelProto
  constexpr std::uint32_t kRulesPath = 6;       // of NormalizerSpec
  return rewrite_fields(model, kNormalizerSpec, [](std::string_view spec) {
    return rewrite_fields(spec, kRulesPath, [](std::string_view) { return std::string(); });
  });
}

}  // namespace

Result<std::string> train_sentencepiece(const std::vector<std::string>& sentences,
                                        const VocabularyOptions& options) {
  const RulesFile rules;
  if (!rules.written()) return Error{ErrorCode::kStorageFailed, "no temporary file in /tmp"};
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", "unigram"},
      {"vocab_size", std::to_string(options.vocab_size)},
      {"character_coverage", std::to_string(options.character_coverage)},
      {"byte_fallback", "true"},
      {"split_digits", "true"},
      {"hard_vocab_limit", "false"},
      {"normalization_rule_tsv", rules.path()},
      {"bos_id", options.sentence_marks ? "1" : "-1"},
      {"eos_id", options.sentence_marks ? "2" : "-1"},
      {"max_sentence_length", "100000"},
      // A fixed number: partial sums are added per thread, so another number gives other bytes.
      {"num_threads", "2"},
      {"minloglevel", "2"},
  };
  Sentences iterator(sentences);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model);
  if (!status.ok()) {
    return Error{ErrorCode::kInvalidArgument, "SentencePiece training: " + status.ToString()};
  }
  return without_rules_path(model);
}

}  // namespace pith
