// Names of decisions and feedback events.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace pith {

/// UUIDv7 (RFC 9562, section 6.2, method 1): 48 bits of Unix milliseconds, a 12-bit counter that
/// begins at random below its half in each new millisecond, 62 random bits. Later ids compare
/// greater, also within a millisecond and when the clock goes back. Thread-safe.
class Uuid7Source {
 public:
  using NowMs = std::function<std::int64_t()>;
  using Random = std::function<void(std::span<std::uint8_t>)>;
  Uuid7Source(NowMs now_ms, Random random)
      : now_ms_(std::move(now_ms)), random_(std::move(random)) {}

  /// 36 characters, lower case.
  std::string next();

 private:
  const NowMs now_ms_;
  const Random random_;
  std::mutex mutex_;
  std::int64_t ms_ = -1;
  std::uint32_t counter_ = 0;
};

/// From the process's one source: the system's clock and OpenSSL's random bytes.
std::string new_uuid7();

/// Id of a feedback event, the same for every delivery of it: 32 hex digits, the first 16 bytes of
/// SHA-256 over the four parts, each after its length (8 bytes, little-endian).
/// `subject`: the decision id or the conversation.
std::string event_id(std::string_view subject, std::string_view metric, std::string_view source,
                     std::string_view client_event_id);

}  // namespace pith
