// Follows the chunked framing of a body whose bytes are forwarded as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pith {

/// Finds where a chunked body ends, and refuses one that is not exactly RFC 9112: sizes are 1 to 15
/// hex digits, every line ends in CR LF, extensions and trailers are printable and bounded. Feed it
/// any split of the bytes.
class ChunkScanner {
 public:
  /// kResponse also takes blanks after the size, which old servers pad with.
  enum class From : std::uint8_t { kRequest, kResponse };

  explicit ChunkScanner(From from = From::kRequest) : from_(from) {}

  /// Returns how many bytes of `in` belong to the body. Less than all of it only when done() or
  /// bad().
  std::size_t scan(std::string_view in);
  /// The same, and appends the chunks' data to `out`.
  std::size_t decode(std::string_view in, std::string& out);

  bool done() const { return state_ == State::kDone; }
  bool bad() const { return state_ == State::kBad; }

 private:
  enum class State : std::uint8_t {
    kSizeFirst,
    kSize,
    kSizePad,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerFirst,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kDone,
    kBad,
  };
  template <class OnData>
  std::size_t run(std::string_view in, OnData on_data);
  State step(unsigned char c);
  State first_of_size(unsigned char c);

  From from_;
  State state_ = State::kSizeFirst;
  std::uint8_t num_digits_ = 0;
  std::uint32_t num_extra_ = 0;  // Bytes of extensions and trailers so far.
  std::uint64_t left_ = 0;       // Of the chunk.
};

}  // namespace pith
