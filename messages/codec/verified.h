// Steps that every decoder takes; for the .cpp files of this folder.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/codec.h"

namespace pith::codec {

/// `bytes` themselves when they are 8-aligned, else a copy that is.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::span<const std::uint8_t> bytes);
  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::vector<std::uint64_t> copy_;
  const std::uint8_t* data_;
  std::size_t size_;
};

inline Error malformed(std::string_view table, std::string_view what) {
  return {ErrorCode::kMalformedMessage, std::string(table) + ": " + std::string(what)};
}

/// Depth 16. Tables: a request has one per segment (kSegmentsMax), the root and its options; that
/// is why the limit is above the 1024 that would do for every other message.
inline constexpr flatbuffers::uoffset_t kDepthMax = 16;
inline constexpr flatbuffers::uoffset_t kTablesMax = kSegmentsMax + 16;

/// Null when the bytes are not a well-formed `Root`.
template <class Root>
const Root* verified_root(const AlignedBytes& bytes, const char* identifier) {
  if (bytes.size() < 8) return nullptr;
  if (!flatbuffers::BufferHasIdentifier(bytes.data(), identifier)) return nullptr;
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), kDepthMax, kTablesMax);
  if (!verifier.VerifyBuffer<Root>(identifier)) return nullptr;
  return flatbuffers::GetRoot<Root>(bytes.data());
}

bool valid_utf8(std::string_view text);

/// A short text that goes on into JSON, headers or the log: nullopt when too long or not UTF-8.
/// Null means empty.
std::optional<std::string> short_text(const flatbuffers::String* text,
                                      std::size_t bytes_max = kNameBytesMax);
/// The same for a list of them.
std::optional<std::vector<std::string>> short_texts(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* texts,
    std::size_t count_max, std::size_t bytes_max);

/// Takes the buffer out of a builder whose root is written.
template <class Root>
flatbuffers::DetachedBuffer finish(flatbuffers::FlatBufferBuilder& builder,
                                   flatbuffers::Offset<Root> root, const char* identifier) {
  builder.Finish(root, identifier);
  return builder.Release();
}

}  // namespace pith::codec
