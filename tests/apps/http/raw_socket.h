// Blocking sockets for tests: both ends speak raw bytes, so that nothing between them repairs a
// message.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pith::testing {

using namespace std::chrono_literals;

/// Owns a socket. Every wait has a limit, so that a wrong edge fails a test and does not hang it.
class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(int fd);
  RawSocket(RawSocket&& other) noexcept : fd_(other.fd_), input_(std::move(other.input_)) {
    other.fd_ = -1;
  }
  RawSocket& operator=(RawSocket&& other) noexcept;
  ~RawSocket() { close(); }

  static RawSocket connect_to(std::uint16_t port, int receive_buffer = 0);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  bool send(std::string_view bytes);
  void half_close();
  void close();
  /// Closes with RST.
  void reset();

  enum class End : std::uint8_t { kNone, kFin, kReset, kTimeout };
  /// Waits for more input; kNone when some came.
  End read_some(std::chrono::milliseconds limit = 5s);
  /// Everything up to and including `text`; empty when it does not come.
  std::string read_until(std::string_view text, std::chrono::milliseconds limit = 5s);
  std::string read_exactly(std::size_t num_bytes, std::chrono::milliseconds limit = 5s);
  /// Everything up to the end of the connection; `end` tells which.
  std::string read_to_end(End* end = nullptr, std::chrono::milliseconds limit = 5s);
  /// Nothing arrives for that long: neither bytes nor an end.
  bool stays_silent(std::chrono::milliseconds time);
  std::string& input() { return input_; }

 private:
  int fd_ = -1;
  std::string input_;  // Received and not yet taken.
};

/// A message as it was on the wire.
struct RawMessage {
  std::string head;     ///< First line and fields, with the empty line.
  std::string body;     ///< As framed: with chunk sizes.
  std::string content;  ///< Without them.

  std::string first_line() const { return head.substr(0, head.find("\r\n")); }
  int status() const { return head.size() > 12 ? std::atoi(head.c_str() + 9) : 0; }
  /// Value of the first field of that exact name, lower case or not; nullopt when there is none.
  std::optional<std::string> field(std::string_view name) const;
  bool has_line(std::string_view line) const {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
  }
};

/// Reads head and body by their framing (length or chunked; none otherwise). Nullopt when they do
/// not come whole. `body_expected` false: after HEAD.
std::optional<RawMessage> read_message(RawSocket& socket, bool body_expected = true,
                                       std::chrono::milliseconds limit = 5s);

}  // namespace pith::testing
