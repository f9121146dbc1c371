// What a Hugging Face tokenizer does to text before it looks for words.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "stages/tokenize/normalized_text.h"

namespace pith {

/// Thread-safe: const after construction.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(NormalizedText& text) const = 0;
  /// Bytes that a byte of the text may become.
  virtual double growth() const = 0;
};

/// One after the other.
class NormalizerSequence final : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<const Normalizer>> steps)
      : steps_(std::move(steps)) {}
  void apply(NormalizedText& text) const override;
  double growth() const override;

 private:
  std::vector<std::unique_ptr<const Normalizer>> steps_;
};

/// White space removed at the ends.
class StripNormalizer final : public Normalizer {
 public:
  StripNormalizer(bool left, bool right) : left_(left), right_(right) {}
  void apply(NormalizedText& text) const override;
  double growth() const override { return 1; }

 private:
  bool left_;
  bool right_;
};

/// Every run of at least `min_repeats` times `unit` (as long as possible), or every `unit` by
/// itself where `whole_runs` is false, becomes `content`.
class ReplaceNormalizer final : public Normalizer {
 public:
  struct Pattern {
    std::string unit;  ///< Not empty.
    std::size_t min_repeats = 1;
    bool whole_runs = false;
  };
  ReplaceNormalizer(Pattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(NormalizedText& text) const override;
  double growth() const override;

 private:
  Pattern pattern_;
  std::string content_;
};

}  // namespace pith
