// From pieces back to text: the "decoder" of a Hugging Face tokenizer.
#pragma once

#include <span>
#include <string>

namespace pith {

/// Thread-safe: const after construction.
class PieceDecoder {
 public:
  virtual ~PieceDecoder() = default;
  /// Nothing is stripped at the ends.
  virtual std::string decode(std::span<const std::string> pieces) const = 0;
};

/// Every `mark` is a blank; with `drop_first` those of the first piece are nothing.
class MetaspaceDecoder final : public PieceDecoder {
 public:
  MetaspaceDecoder(std::string mark, bool drop_first)
      : mark_(std::move(mark)), drop_first_(drop_first) {}
  std::string decode(std::span<const std::string> pieces) const override;

 private:
  std::string mark_;
  bool drop_first_;
};

/// Pieces after the first lose `prefix`, or get a blank in front. With `clean_up`, piece by piece,
/// blanks in front of some punctuation and English contractions go.
class WordPieceDecoder final : public PieceDecoder {
 public:
  WordPieceDecoder(std::string prefix, bool clean_up)
      : prefix_(std::move(prefix)), clean_up_(clean_up) {}
  std::string decode(std::span<const std::string> pieces) const override;

 private:
  std::string prefix_;
  bool clean_up_;
};

}  // namespace pith
