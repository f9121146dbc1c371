// What a character is to the split patterns of the reader tokenizers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace pith {

/// Bits; a character of none of the classes (punctuation, symbols, controls, unassigned) has 0.
enum CodePointClass : std::uint8_t {
  kClassLetter = 1U << 0,    ///< \p{L}
  kClassNumber = 1U << 1,    ///< \p{N}
  kClassSpace = 1U << 2,     ///< \s: the White_Space property
  kClassUpperish = 1U << 3,  ///< [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
  kClassLowerish = 1U << 4,  ///< [\p{Ll}\p{Lm}\p{Lo}\p{M}]
};

/// Two-stage table over all code points, filled from ICU once per process. Const and shared
/// afterwards.
class CodePointClasses {
 public:
  /// Built by the first call, a few milliseconds; thread-safe.
  static const CodePointClasses& instance();

  std::uint8_t ascii(unsigned char byte) const { return blocks_[byte]; }
  std::uint8_t of(std::uint32_t code_point) const {
    return blocks_[(std::size_t{block_of_[code_point >> 7U]} << 7U) | (code_point & 127U)];
  }

 private:
  CodePointClasses();
  std::array<std::uint16_t, (0x110000U >> 7U)> block_of_{};  ///< Block 0 is ASCII.
  std::vector<std::uint8_t> blocks_;
};

}  // namespace pith
