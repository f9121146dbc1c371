// The first frame of every message: what a peer must know before it looks at the body.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "messages/compress.h"
#include "messages/result.h"

namespace pith {

/// What the body frame holds. On the wire: append, never renumber.
enum class MessageType : std::uint16_t {
  kReady = 1,
  kHeartbeat = 2,
  kCompressRequest = 3,
  kCompressReply = 4,
  kBusy = 5,    ///< Body: Fault. The request was not admitted; another compressor may take it.
  kError = 6,   ///< Body: Fault. The request failed.
  kCancel = 7,  ///< Body: Fault. The sender of the request no longer waits for it.
  kDecision = 8,
  kReward = 9,
};

struct MessageHeader {
  MessageType type = MessageType::kHeartbeat;
  std::uint32_t flags = 0;  ///< None is defined yet; unknown ones are ignored.
  std::uint32_t credit =
      0;  ///< Compressor to proxy: requests in flight granted to this peer from now on.
  RequestId request_id;  ///< All zero when the message belongs to no request.
  /// CLOCK_MONOTONIC of the machine in microseconds, 0: none. Both ends are on one machine:
  /// endpoints are inproc, ipc or loopback tcp.
  std::uint64_t deadline_us = 0;
  friend bool operator==(const MessageHeader&, const MessageHeader&) = default;
};

/// 40 bytes, little-endian: magic u32, proto u16, type u16, flags u32, credit u32, request id 16 B,
/// deadline_us u64.
inline constexpr std::size_t kHeaderBytes = 40;
inline constexpr std::uint32_t kHeaderMagic = 0x48544950;  // "PITH"
inline constexpr std::uint16_t kHeaderProto = 1;

std::array<std::uint8_t, kHeaderBytes> encode_header(const MessageHeader& header);
/// Errors: kMalformedMessage (wrong size, magic, protocol or type).
Result<MessageHeader> decode_header(std::span<const std::uint8_t> bytes);

}  // namespace pith
