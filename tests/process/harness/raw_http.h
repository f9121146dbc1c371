// HTTP as bytes: a client that sends exactly what a test says and shows exactly what came back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/process/harness/process.h"

namespace pith::process {

struct Reply {
  int status = 0;  ///< 0: no head came.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string head;       ///< Raw.
  std::string body;       ///< Decoded from chunks.
  bool complete = false;  ///< The frame ended where it said it would.
  bool timed_out = false;

  std::string header(std::string_view name) const;  ///< Empty when absent; the first one.
  std::size_t count(std::string_view name) const;
};

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool connected() const { return fd_ >= 0; }
  bool send(std::string_view bytes);
  /// Next response; `head_only` for HEAD requests. 1xx responses are skipped.
  Reply read_reply(Millis patience = Millis(10'000), bool head_only = false);
  /// Bytes as they come, until `enough` bytes, the end, or patience.
  std::string read_some(std::size_t enough, Millis patience);
  /// True once the other side has closed (or reset) and nothing is left to read.
  bool closed(Millis patience);
  void half_close();
  void close();
  void receive_buffer(int bytes);  ///< Small, to be a slow reader.

 private:
  bool fill(std::chrono::steady_clock::time_point end);
  int fd_ = -1;
  bool ended_ = false;
  std::string buffer_;
};

using Headers = std::vector<std::pair<std::string, std::string>>;
/// One request on a fresh connection, with content-length and host set.
Reply request(std::uint16_t port, std::string_view method, std::string_view target,
              const Headers& headers = {}, std::string_view body = {},
              Millis patience = Millis(30'000));
std::string request_bytes(std::string_view method, std::string_view target, const Headers& headers,
                          std::string_view body);

}  // namespace pith::process
