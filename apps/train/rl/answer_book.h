// A reader's answers in one run: each prompt is asked once, whatever happens to the process.
#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/reader/reader.h"

namespace pith {

/// What an answer is for. Counted apart.
enum class AnswerUse : std::uint8_t { kLearning = 0, kMeasuring = 1 };

/// Answers in a file, in the order in which the run needed them. A run that goes on from a
/// checkpoint needs those behind it again: they are there, but count as if they were asked then, so
/// that a budget ends the same at the same step. Holds hashes and answers, not prompts; mode 0600.
class AnswerBook {
 public:
  /// One answer with chance 1, or the likely ones; none: this prompt is refused.
  using Answer = std::vector<LikelyAnswer>;

  /// Makes the file if it is missing; what a killed process left unfinished at its end goes.
  /// Errors: kStorageFailed, kFileUnreadable.
  static Result<std::unique_ptr<AnswerBook>> open(const std::string& path, Reader& reader,
                                                  unsigned concurrency);

  /// How many of the prompts would have to be asked, or count as asked.
  std::uint64_t num_new(std::span<const std::string> prompts, bool likely = false) const;

  /// [num_prompts], in their order; `likely`: Reader::likely_answers. Up to `concurrency` at once.
  /// A prompt without an answer after all attempts has none this time. Errors: as Reader::answer
  /// but for single prompts'; kUnavailable when 20 have failed and fewer were answered.
  Result<std::vector<Answer>> ask(std::span<const std::string> prompts, AnswerUse use,
                                  bool likely = false);

  std::uint64_t calls(AnswerUse use) const { return calls_[static_cast<std::size_t>(use)]; }
  double seconds() const { return seconds_; }     ///< Waited for the reader, this process.
  std::uint64_t asked() const { return asked_; }  ///< Of the reader itself, this process.
  /// As a checkpoint has them: what is behind them in the file is known, but not counted.
  void restore(std::uint64_t learning, std::uint64_t measuring);

 private:
  using Key = std::array<std::uint8_t, 16>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Entry {
    Answer answer;
    std::uint64_t place = 0;  ///< In the file.
    bool counted = false;
  };

  AnswerBook(Reader& reader, unsigned concurrency) : reader_(&reader), concurrency_(concurrency) {}
  static Key key_of(const std::string& prompt, bool likely);
  std::vector<Result<Answer>> answers_of(std::span<const std::string> prompts, bool likely) const;
  Result<Done> load(const std::string& path);
  Result<Done> append(const Key& key, const Answer& answer);

  Reader* reader_;
  unsigned concurrency_;
  std::string path_;
  std::ofstream file_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::array<std::uint64_t, 2> calls_{};
  std::uint64_t asked_ = 0, failed_ = 0;
  double seconds_ = 0;
};

}  // namespace pith
