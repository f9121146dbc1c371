#include "apps/http/chunk_scanner.h"

#include <algorithm>

#include "apps/http/header_list.h"

namespace pith {
namespace {

constexpr std::uint32_t kExtraBytesMax = 16U << 10;
constexpr std::uint8_t kDigitsMax = 15;

int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_printable(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

}  // namespace

ChunkScanner::State ChunkScanner::first_of_size(unsigned char c) {
  left_ = 0;
  num_digits_ = 0;
  return hex_digit(c) < 0 ? State::kBad : State::kSize;
}

/// One framing byte; chunk data never comes here.
ChunkScanner::State ChunkScanner::step(unsigned char c) {
  const auto extra = [&](State next) { return ++num_extra_ > kExtraBytesMax ? State::kBad : next; };
  switch (state_) {
    case State::kSizeFirst:
      if (first_of_size(c) == State::kBad) return State::kBad;
      [[fallthrough]];
    case State::kSize:
      if (const int digit = hex_digit(c); digit >= 0) {
        if (++num_digits_ > kDigitsMax) return State::kBad;
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return State::kSize;
      }
      [[fallthrough]];
    case State::kSizePad:
      if (c == '\r') return State::kSizeLf;
      if (c == ';') return State::kExtension;
      if (c == ' ' && from_ == From::kResponse) return extra(State::kSizePad);
      return State::kBad;
    case State::kExtension:
      if (c == '\r') return State::kSizeLf;
      return is_printable(c) ? extra(State::kExtension) : State::kBad;
    case State::kSizeLf:
      if (c != '\n') return State::kBad;
      return left_ == 0 ? State::kTrailerFirst : State::kData;
    case State::kDataCr:
      return c == '\r' ? State::kDataLf : State::kBad;
    case State::kDataLf:
      return c == '\n' ? State::kSizeFirst : State::kBad;
    case State::kTrailerFirst:
      if (c == '\r') return State::kEndLf;
      return is_token_char(c) ? extra(State::kTrailerName) : State::kBad;
    case State::kTrailerName:
      if (c == ':') return extra(State::kTrailerValue);
      return is_token_char(c) ? extra(State::kTrailerName) : State::kBad;
    case State::kTrailerValue:
      if (c == '\r') return State::kTrailerLf;
      return is_printable(c) ? extra(State::kTrailerValue) : State::kBad;
    case State::kTrailerLf:
      return c == '\n' ? State::kTrailerFirst : State::kBad;
    case State::kEndLf:
      return c == '\n' ? State::kDone : State::kBad;
    case State::kData:
    case State::kDone:
    case State::kBad:
      break;
  }
  return State::kBad;
}

template <class OnData>
std::size_t ChunkScanner::run(std::string_view in, OnData on_data) {
  std::size_t at = 0;
  while (at < in.size() && state_ != State::kDone && state_ != State::kBad) {
    if (state_ != State::kData) {
      state_ = step(static_cast<unsigned char>(in[at]));
      if (state_ != State::kBad) ++at;
      continue;
    }
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
    on_data(in.substr(at, take));
    at += take;
    left_ -= take;
    if (left_ == 0) state_ = State::kDataCr;
  }
  return at;
}

std::size_t ChunkScanner::scan(std::string_view in) {
  return run(in, [](std::string_view) {});
}

std::size_t ChunkScanner::decode(std::string_view in, std::string& out) {
  return run(in, [&out](std::string_view data) { out.append(data); });
}

}  // namespace pith
