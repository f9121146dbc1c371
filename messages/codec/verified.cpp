#include "messages/codec/verified.h"

#include <cstring>

namespace pith::codec {

AlignedBytes::AlignedBytes(std::span<const std::uint8_t> bytes)
    : data_(bytes.data()), size_(bytes.size()) {
  if (bytes.empty() || reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 == 0) return;
  copy_.resize((bytes.size() + 7) / 8);
  std::memcpy(copy_.data(), bytes.data(), bytes.size());
  data_ = reinterpret_cast<const std::uint8_t*>(copy_.data());
}

bool valid_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto next = [&](unsigned low, unsigned high) {
    if (i >= text.size()) return false;
    const auto c = static_cast<unsigned char>(text[i++]);
    return c >= low && c <= high;
  };
  while (i < text.size()) {
    const auto first = static_cast<unsigned char>(text[i++]);
    if (first < 0x80) continue;
    if (first >= 0xC2 && first <= 0xDF) {
      if (!next(0x80, 0xBF)) return false;
    } else if (first >= 0xE0 && first <= 0xEF) {
      if (!next(first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) || !next(0x80, 0xBF))
        return false;
    } else if (first >= 0xF0 && first <= 0xF4) {
      if (!next(first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) || !next(0x80, 0xBF) ||
          !next(0x80, 0xBF)) {
        return false;
      }
    } else {
      return false;
    }
  }
  return true;
}

std::optional<std::string> short_text(const flatbuffers::String* text, std::size_t bytes_max) {
  if (text == nullptr) return std::string();
  if (text->size() > bytes_max) return std::nullopt;
  std::string copy = text->str();
  if (!valid_utf8(copy)) return std::nullopt;
  return copy;
}

std::optional<std::vector<std::string>> short_texts(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* texts,
    std::size_t count_max, std::size_t bytes_max) {
  std::vector<std::string> copies;
  if (texts == nullptr) return copies;
  if (texts->size() > count_max) return std::nullopt;
  copies.reserve(texts->size());
  for (const flatbuffers::String* text : *texts) {
    std::optional<std::string> copy = short_text(text, bytes_max);
    if (!copy) return std::nullopt;
    copies.push_back(std::move(*copy));
  }
  return copies;
}

}  // namespace pith::codec
