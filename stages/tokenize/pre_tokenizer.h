// Where a Hugging Face tokenizer cuts normalised text into words.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "stages/tokenize/normalized_text.h"

namespace pith {

/// Words of a text; bytes between them are in none. No word is empty.
struct WordCuts {
  struct Word {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  NormalizedText text;
  std::vector<Word> words;

  void cut(std::size_t begin, std::size_t end) {
    if (begin < end) words.push_back({begin, end});
  }
};

/// Cuts the words further. Thread-safe: const after construction.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(WordCuts& cuts) const = 0;
};

class PreTokenizerSequence final : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<const PreTokenizer>> steps)
      : steps_(std::move(steps)) {}
  void apply(WordCuts& cuts) const override;

 private:
  std::vector<std::unique_ptr<const PreTokenizer>> steps_;
};

/// At white space, which is dropped; with `punctuation`, also around every punctuation character.
class WhiteSpaceCuts final : public PreTokenizer {
 public:
  explicit WhiteSpaceCuts(bool punctuation) : punctuation_(punctuation) {}
  void apply(WordCuts& cuts) const override;

 private:
  bool punctuation_;
};

/// Blanks become `mark`; one is put in front of words without it; a word begins at every mark.
class MetaspaceCuts final : public PreTokenizer {
 public:
  enum class Prepend { kAlways, kFirst, kNever };
  MetaspaceCuts(std::string mark, Prepend prepend, bool split)
      : mark_(std::move(mark)), prepend_(prepend), split_(split) {}
  void apply(WordCuts& cuts) const override;

 private:
  std::string mark_;
  Prepend prepend_;
  bool split_;
};

}  // namespace pith
