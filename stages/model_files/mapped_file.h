// A file's bytes, mapped read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "messages/result.h"

namespace pith {

/// Move-only. Files that may change must be replaced by rename, never rewritten in place: a mapped
/// file that shrinks would kill the reader.
class MappedFile {
 public:
  /// Regular files up to `bytes_max` only. Errors: kFileUnreadable.
  static Result<MappedFile> open(const std::string& path, std::uint64_t bytes_max);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  /// Gives back the memory of the pages read so far; they are read again when they are needed.
  void release_pages() const;

 private:
  MappedFile(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// sha256 of `bytes`, 64 lower-case hex digits.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace pith
