// The proxy's way to its compressors: credit, deadlines, re-queueing, heartbeats. One mux thread
// owns the sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "messages/codec/codec.h"
#include "messages/compress.h"
#include "messages/result.h"

namespace zmq {
class context_t;
}

namespace pith {

struct BrokerOptions {
  std::vector<std::string>
      endpoints;  ///< inproc://, ipc:// or loopback tcp:// ROUTER sockets of compressors.
  std::uint32_t queue_max = 1024;  ///< Requests waiting for credit; beyond: kOverloaded at once.
  std::chrono::milliseconds heartbeat{1000};  ///< Dead after 3 missed.
  std::size_t message_bytes_max =
      kMessageBytesMax;  ///< Longer requests get kPromptTooLong at once.
};

struct CompressorHealth {
  std::string endpoint;
  bool alive = false;
  std::uint32_t credit = 0;
  std::uint32_t in_flight = 0;
  std::string policy;  ///< Champion's id as announced by Ready.
};

struct BrokerCounters {
  std::atomic<std::uint64_t> sent{0}, replied{0}, busy{0}, expired{0}, cancelled{0}, requeued{0},
      malformed{0}, deaths{0}, failed{0};
  std::atomic<std::uint64_t> late{0};  ///< Answers to requests that were given up before.
};

class Broker {
 public:
  using OnReply = std::function<void(Result<CompressReply>)>;

  /// Errors at start-up (bad endpoint, tcp beyond loopback): kInvalidArgument.
  static Result<std::unique_ptr<Broker>> start(zmq::context_t& context, BrokerOptions options);
  ~Broker();  ///< Requests without an answer get kUnavailable.

  /// Never blocks. `on_reply` is called exactly once, from the broker's thread, at the latest
  /// shortly after `deadline`; it must not block or throw. (It is called from the caller's thread,
  /// with kOverloaded, only when tens of thousands of requests wait for the broker's thread
  /// itself.) `cancelled` may be set by the caller at any time (then call poke()). Errors given to
  /// on_reply: kUnavailable, kOverloaded, kDeadlineExceeded, kCancelled, kMalformedMessage,
  /// kPromptTooLong, and whatever the compressor answered.
  void compress(CompressRequest request, std::chrono::steady_clock::time_point deadline,
                std::shared_ptr<const std::atomic<bool>> cancelled, OnReply on_reply);
  /// Looks at the cancel flags now.
  void poke();
  std::vector<CompressorHealth> health() const;
  const BrokerCounters& counters() const;

 private:
  class Impl;
  explicit Broker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
