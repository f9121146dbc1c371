// Newline-delimited JSON for languages without ZeroMQ: one request a line, answered in order per
// connection.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "apps/compressd/compressor_server.h"
#include "apps/json_api/compress_json.h"
#include "messages/channel/mailbox.h"

namespace pith {

/// One thread polls every connection. A connection whose answers are not read is not read from
/// either; when the graph is full its clients wait, since a stream has no other way to say "later".
class NdjsonServer {
 public:
  /// Gives a job to the graph; false when it is full.
  using Admit = std::function<bool(CompressJob)>;
  static constexpr std::size_t kLineBytesMax = 64U << 20U;
  static constexpr std::size_t kConnectionsMax = 256;

  NdjsonServer(CompressorServerCounters& counters, Admit admit);
  ~NdjsonServer();  ///< stop()

  /// "unix:/path" (the socket is for this user alone) or "HOST:PORT" on loopback; gives what was
  /// bound. Errors: kInvalidArgument.
  Result<std::string> bind(const std::string& address);
  void run();
  /// The reply to an admitted job, by the id that the job had. Any thread.
  void post(std::uint64_t job, const Result<CompressReply>& reply);
  /// Reads no more, answers what was read, closes. Clients that do not read are left after two
  /// seconds.
  void stop();
  std::chrono::steady_clock::time_point last_turn() const {
    return last_turn_.load(std::memory_order_relaxed);
  }

 private:
  using Clock = std::chrono::steady_clock;
  /// The answer to one line; empty until it is there. Answers leave in the order of their lines.
  struct Slot {
    std::uint64_t job = 0;
    std::string answer;
    std::shared_ptr<std::atomic<bool>> cancelled;
  };
  struct Connection {
    int fd = -1;
    std::string in;
    std::size_t scanned = 0;  ///< No line end in the first `scanned` bytes of `in`.
    bool skipping = false;    ///< Inside a line that was too long.
    bool end_of_input = false;
    std::deque<Slot> slots;
    std::optional<CompressJob> waiting;  ///< The graph was full; its slot is the last one.
    std::string out;
    std::size_t sent = 0;
  };
  struct Letter {
    std::uint64_t job = 0;
    std::string answer;
  };

  void loop();
  void accept_some();
  bool wants_input(const Connection& connection) const;
  bool read_some(Connection& connection);
  void take_lines(Connection& connection);
  void on_line(Connection& connection, std::string_view line);
  void add_answer(Connection& connection, std::string answer);
  void retry_waiting();
  void deliver_letters();
  bool write_some(Connection& connection);
  void close(std::uint64_t number);

  CompressorServerCounters& counters_;
  const Admit admit_;
  int listener_ = -1;
  std::string unix_path_;
  Mailbox<Letter> mailbox_;
  std::atomic<bool> stopping_{false};
  std::atomic<Clock::time_point> last_turn_;
  std::thread thread_;

  std::mutex calls_mutex_;  ///< Workers write the answers, and need the texts for that.
  std::unordered_map<std::uint64_t, std::shared_ptr<const CompressCall>> calls_;

  // The loop's own.
  std::unordered_map<std::uint64_t, Connection> connections_;
  std::unordered_map<std::uint64_t, std::uint64_t> connection_of_job_;
  std::uint64_t next_connection_ = 1;
  std::uint64_t next_job_ = 1;
};

}  // namespace pith
