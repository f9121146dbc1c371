// The thread that owns the compressor's ROUTER: requests in, replies out, credit, heartbeats,
// draining.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "apps/compressd/compressor_server.h"
#include "messages/channel/mailbox.h"
#include "messages/channel/socket.h"
#include "messages/presence.h"

namespace pith {

class RouterLoop {
 public:
  /// Gives a job to the graph; false when it is full.
  using Admit = std::function<bool(CompressJob)>;

  RouterLoop(zmq::context_t& context, const CompressorServerOptions& options, std::string policy,
             CompressorServerCounters& counters, Admit admit);
  ~RouterLoop();  ///< stop()

  /// Errors: kInvalidArgument with the endpoint and the reason. Before run().
  Result<Done> bind(const std::vector<std::string>& endpoints);
  void run();
  /// The reply to an admitted job, by the id that the job had. Any thread.
  void post(std::uint64_t job, const Result<CompressReply>& reply);
  /// Announces a new champion to every peer. Any thread.
  void announce(std::string policy);
  /// Stays bound and answers Busy until every admitted job has its reply, then closes.
  void stop();

  const std::vector<std::string>& bound_endpoints() const { return bound_; }
  /// When the loop last came round.
  std::chrono::steady_clock::time_point last_turn() const {
    return last_turn_.load(std::memory_order_relaxed);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct RequestIdHash {
    std::size_t operator()(const RequestId& id) const;
  };
  struct Peer {
    Clock::time_point heard_at;
    Clock::time_point malformed_since, muted_until;
    int malformed = 0;
    std::unordered_map<RequestId, std::uint64_t, RequestIdHash> jobs;
  };
  struct Job {
    PeerId peer;
    RequestId request_id;
    std::shared_ptr<std::atomic<bool>> cancelled;
  };
  /// What other threads tell the loop: a job's answer, encoded by its worker, or a new champion.
  struct Letter {
    std::uint64_t job = 0;
    MessageType type = MessageType::kCompressReply;
    flatbuffers::DetachedBuffer body;
    std::string policy;
  };

  void loop();
  void deliver_letters();
  bool receive_some();
  void on_message(const PeerId& peer_id, Peer& peer, const Message& message);
  void on_request(const PeerId& peer_id, Peer& peer, const Message& message);
  void on_malformed(Peer& peer);
  void refuse(const PeerId& peer, const RequestId& request_id, MessageType type, Fault fault);
  void beat();
  void forget_silent_peers();
  void greet(const PeerId& peer);
  void send_heartbeat(const PeerId& peer);
  bool drained();

  const CompressorServerOptions options_;
  const std::uint64_t instance_;
  CompressorServerCounters& counters_;
  const Admit admit_;
  zmq::socket_t router_;
  std::vector<std::string> bound_;
  Mailbox<Letter> mailbox_;
  std::atomic<bool> stopping_{false};
  std::atomic<Clock::time_point> last_turn_;
  std::thread thread_;

  // The loop's own.
  std::string policy_;
  std::unordered_map<PeerId, Peer> peers_;
  std::unordered_map<std::uint64_t, Job> jobs_;
  std::uint64_t next_job_ = 1;
  std::uint64_t heartbeat_seq_ = 0;
  bool draining_ = false;
  Clock::time_point drain_quiet_since_, drain_until_;
};

}  // namespace pith
