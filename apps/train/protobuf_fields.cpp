#include "apps/train/protobuf_fields.h"

#include <optional>

namespace pith {
namespace {

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

void append_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  bytes += static_cast<char>(value);
}

enum WireType : std::uint64_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

}  // namespace

std::string rewrite_fields(std::string_view message, std::uint32_t number,
                           const std::function<std::string(std::string_view)>& change) {
  std::string out;
  while (!message.empty()) {
    std::string_view rest = message;
    const std::optional<std::uint64_t> tag = take_varint(rest);
    if (!tag) break;
    std::uint64_t skip = 0;
    if (const std::uint64_t type = *tag & 7; type == kVarint) {
      if (!take_varint(rest)) break;
    } else if (type == kFixed64 || type == kFixed32) {
      skip = type == kFixed64 ? 8 : 4;
    } else if (type == kLengthDelimited) {
      const std::optional<std::uint64_t> length = take_varint(rest);
      if (!length || *length > rest.size()) break;
      if (*tag >> 3 == number) {
        const std::string changed = change(rest.substr(0, *length));
        append_varint(out, *tag);
        append_varint(out, changed.size());
        out += changed;
        message = rest.substr(*length);
        continue;
      }
      skip = *length;
    } else {
      break;
    }
    if (skip > rest.size()) break;
    rest.remove_prefix(skip);
    out.append(message.substr(0, message.size() - rest.size()));
    message = rest;
  }
  return out.append(message);
}

}  // namespace pith
