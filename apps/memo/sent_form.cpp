#include "apps/memo/sent_form.h"

#include <limits>
#include <optional>

namespace pith {
namespace {

// Bits of the first byte; the rest must be zero, so that a later version can be told.
constexpr std::uint8_t kRaw = 1;
constexpr std::uint8_t kUuid = 2;  ///< The decision id is 16 bytes, not a length and text.
constexpr std::uint8_t kKnownFlags = kRaw | kUuid;

void put_varint(std::vector<std::uint8_t>& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

bool dash_at(std::size_t index) { return index == 8 || index == 13 || index == 18 || index == 23; }

std::optional<std::array<std::uint8_t, 16>> uuid_bytes(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (dash_at(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] << 4 | value);
    ++nibble;
  }
  return bytes;
}

std::string uuid_text(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (const std::uint8_t byte : bytes) {
    if (dash_at(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// Reads on while `ok()`; after the first wrong byte everything reads as zero.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = this->byte();
      if (!ok_) return 0;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::uint32_t varint32() {
    const std::uint64_t value = varint();
    if (value > std::numeric_limits<std::uint32_t>::max()) ok_ = false;
    return ok_ ? static_cast<std::uint32_t>(value) : 0;
  }
  std::uint8_t byte() {
    if (!ok_ || at_ == bytes_.size()) {
      ok_ = false;
      return 0;
    }
    return bytes_[at_++];
  }
  std::span<const std::uint8_t> take(std::size_t size) {
    if (!ok_ || size > left()) {
      ok_ = false;
      return {};
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  void refuse() { ok_ = false; }
  std::size_t left() const { return bytes_.size() - at_; }
  bool ok() const { return ok_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// A count of things of which each takes at least two bytes: more than are left is no count.
std::size_t take_count(ByteReader& in) {
  const std::uint64_t count = in.varint();
  if (count > in.left() / 2) in.refuse();
  return in.ok() ? static_cast<std::size_t>(count) : 0;
}

}  // namespace

std::vector<std::uint8_t> encode(const SentForm& form) {
  const auto uuid = uuid_bytes(form.decision_id);
  std::vector<std::uint8_t> out;
  out.reserve(32 + 3 * form.kept.size() + 4 * form.markers.size());
  out.push_back(static_cast<std::uint8_t>((form.raw ? kRaw : 0) | (uuid ? kUuid : 0)));
  put_varint(out, form.origin_tokens);
  put_varint(out, form.compressed_tokens);
  put_varint(out, form.kept.size());
  std::uint32_t at = 0;
  for (const ByteSpan& span : form.kept) {
    assert(span.begin >= at && span.end > span.begin);
    put_varint(out, span.begin - at);
    put_varint(out, span.end - span.begin);
    at = span.end;
  }
  put_varint(out, form.markers.size());
  at = 0;
  for (const RepeatMarker& marker : form.markers) {
    assert(marker.at >= at);
    put_varint(out, marker.at - at);
    put_varint(out, marker.count);
    at = marker.at;
  }
  if (uuid) {
    out.insert(out.end(), uuid->begin(), uuid->end());
  } else {
    put_varint(out, form.decision_id.size());
    out.insert(out.end(), form.decision_id.begin(), form.decision_id.end());
  }
  return out;
}

Result<SentForm> decode_sent_form(std::span<const std::uint8_t> bytes) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  ByteReader in(bytes);
  SentForm form;
  const std::uint8_t flags = in.byte();
  if ((flags & ~kKnownFlags) != 0) in.refuse();
  form.raw = (flags & kRaw) != 0;
  form.origin_tokens = in.varint32();
  form.compressed_tokens = in.varint32();
  form.kept.resize(take_count(in));
  std::uint64_t at = 0;
  for (ByteSpan& span : form.kept) {
    const std::uint64_t begin = at + in.varint32();
    const std::uint64_t length = in.varint32();
    at = begin + length;
    if (at > kMax || length == 0) in.refuse();
    if (!in.ok()) break;
    span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at)};
  }
  form.markers.resize(take_count(in));
  at = 0;
  for (RepeatMarker& marker : form.markers) {
    at += in.varint32();
    const std::uint32_t count = in.varint32();
    if (at > kMax) in.refuse();
    if (!in.ok()) break;
    marker = {static_cast<std::uint32_t>(at), count};
  }
  if ((flags & kUuid) != 0) {
    form.decision_id = uuid_text(in.take(16));
  } else {
    const auto id = in.take(in.varint32());
    form.decision_id.assign(id.begin(), id.end());
  }
  if (!in.ok() || in.left() != 0) {
    return Error{ErrorCode::kStorageFailed,
                 "memo: a remembered form is damaged: bytes=" + std::to_string(bytes.size())};
  }
  return form;
}

}  // namespace pith
