// Any bytes as a header or as any message: no crash, no fault, and what decodes encodes to
// something that decodes. The first byte chooses the decoder, the rest are the bytes of the frame.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "messages/codec/codec.h"
#include "messages/header.h"

namespace {

using Bytes = std::span<const std::uint8_t>;

template <class Decode>
void check(Bytes frame, Decode decode) {
  // A copy of exactly its size at an odd address: reads past the end and unaligned reads are seen
  // by the sanitizers.
  const std::size_t size = frame.size();
  const std::unique_ptr<std::uint8_t[]> odd(new std::uint8_t[size + 1]);
  std::copy(frame.begin(), frame.end(), odd.get() + 1);
  const auto value = decode(Bytes(odd.get() + 1, size));
  if (!value) return;
  const auto again = pith::encode(*value);
  if (!decode(Bytes(again.data(), again.size()))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes frame(data + 1, size - 1);
  switch (data[0] % 8) {
    case 0: {
      const auto header = pith::decode_header(frame);
      if (header && *pith::decode_header(pith::encode_header(*header)) != *header) std::abort();
      break;
    }
    case 1:
      check(frame, pith::decode_compress_request);
      break;
    case 2:
      check(frame, pith::decode_compress_reply);
      break;
    case 3:
      check(frame, pith::decode_ready);
      break;
    case 4:
      check(frame, pith::decode_heartbeat);
      break;
    case 5:
      check(frame, pith::decode_fault);
      break;
    case 6:
      check(frame, pith::decode_decision);
      break;
    case 7:
      check(frame, pith::decode_reward);
      break;
  }
  return 0;
}
