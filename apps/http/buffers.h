// The two buffers of a connection: what was received and not yet used, what was not yet taken by
// the socket.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pith {

/// Received bytes. Views stay valid until the next prepare().
class InputBuffer {
 public:
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t num_bytes) {
    assert(num_bytes <= size());
    begin_ += num_bytes;
  }
  /// Room for at least `room_min` more bytes. Not while a read into the last room is under way.
  std::span<char> prepare(std::size_t room_min) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ < room_min) {
      const std::size_t held = size();
      if (capacity_ - held >= room_min) {
        std::memmove(data_.get(), data_.get() + begin_, held);
      } else {
        const std::size_t capacity =
            std::max(held + room_min, std::min(2 * capacity_, held + (64U << 10)));
        auto grown = std::make_unique_for_overwrite<char[]>(capacity);
        if (held > 0) std::memcpy(grown.get(), data_.get() + begin_, held);
        data_ = std::move(grown);
        capacity_ = capacity;
      }
      begin_ = 0;
      end_ = held;
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t num_bytes) { end_ += num_bytes; }
  std::size_t capacity() const { return capacity_; }
  void release() {
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

/// Bytes that wait for the socket.
class Outbox {
 public:
  bool empty() const { return sent_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - sent_; }
  std::string_view view() const { return std::string_view(bytes_).substr(sent_); }
  void append(std::string_view bytes) { bytes_.append(bytes); }
  void consume(std::size_t num_bytes) {
    sent_ += num_bytes;
    if (sent_ == bytes_.size()) {
      bytes_.clear();
      sent_ = 0;
      if (bytes_.capacity() > (64U << 10)) bytes_.shrink_to_fit();
    } else if (sent_ > (256U << 10) && sent_ > bytes_.size() / 2) {
      bytes_.erase(0, sent_);
      sent_ = 0;
    }
  }
  void clear() { *this = Outbox(); }

 private:
  std::string bytes_;
  std::size_t sent_ = 0;
};

}  // namespace pith
