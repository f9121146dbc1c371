#include "messages/header.h"

#include <algorithm>

namespace pith {
namespace {

// By hand and not by memcpy of a struct: the layout must not depend on the compiler or the machine.
template <class T>
void put(std::uint8_t* at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    at[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}

template <class T>
T get(const std::uint8_t* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::uint64_t{at[i]} << (8 * i);
  return static_cast<T>(value);
}

constexpr std::size_t kMagicAt = 0, kProtoAt = 4, kTypeAt = 6, kFlagsAt = 8, kCreditAt = 12,
                      kIdAt = 16, kDeadlineAt = 32;

}  // namespace

std::array<std::uint8_t, kHeaderBytes> encode_header(const MessageHeader& header) {
  std::array<std::uint8_t, kHeaderBytes> bytes{};
  put<std::uint32_t>(&bytes[kMagicAt], kHeaderMagic);
  put<std::uint16_t>(&bytes[kProtoAt], kHeaderProto);
  put<std::uint16_t>(&bytes[kTypeAt], static_cast<std::uint16_t>(header.type));
  put<std::uint32_t>(&bytes[kFlagsAt], header.flags);
  put<std::uint32_t>(&bytes[kCreditAt], header.credit);
  std::copy(header.request_id.bytes.begin(), header.request_id.bytes.end(), &bytes[kIdAt]);
  put<std::uint64_t>(&bytes[kDeadlineAt], header.deadline_us);
  return bytes;
}

Result<MessageHeader> decode_header(std::span<const std::uint8_t> bytes) {
  const auto malformed = [](std::string_view what, std::uint64_t value) {
    return Error{ErrorCode::kMalformedMessage,
                 "header: " + std::string(what) + "=" + std::to_string(value)};
  };
  if (bytes.size() != kHeaderBytes) return malformed("bytes", bytes.size());
  const auto magic = get<std::uint32_t>(&bytes[kMagicAt]);
  if (magic != kHeaderMagic) return malformed("magic", magic);
  const auto proto = get<std::uint16_t>(&bytes[kProtoAt]);
  if (proto != kHeaderProto) return malformed("proto", proto);
  const auto type = get<std::uint16_t>(&bytes[kTypeAt]);
  if (type < static_cast<std::uint16_t>(MessageType::kReady) ||
      type > static_cast<std::uint16_t>(MessageType::kReward)) {
    return malformed("type", type);
  }
  MessageHeader header;
  header.type = static_cast<MessageType>(type);
  header.flags = get<std::uint32_t>(&bytes[kFlagsAt]);
  header.credit = get<std::uint32_t>(&bytes[kCreditAt]);
  std::copy_n(&bytes[kIdAt], header.request_id.bytes.size(), header.request_id.bytes.begin());
  header.deadline_us = get<std::uint64_t>(&bytes[kDeadlineAt]);
  return header;
}

}  // namespace pith
