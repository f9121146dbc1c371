// Memory for matrices: aligned for vectors, huge pages where it is large.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace pith {

/// Zeroed storage of at least `bytes`, aligned to 64 bytes (to 2 MiB, with huge pages asked for,
/// when larger than that). Throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);

/// Move-only array of plain numbers. Grows, never shrinks.
template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) { reserve(size); }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  ~AlignedBuffer() { std::free(data_); }

  /// Room for `size` numbers; when it has to grow, all become 0.
  T* reserve(std::size_t size) {
    if (size > size_) {
      std::free(std::exchange(data_, nullptr));
      size_ = 0;
      data_ = static_cast<T*>(allocate_aligned(size * sizeof(T)));
      size_ = size;
    }
    return data_;
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pith
