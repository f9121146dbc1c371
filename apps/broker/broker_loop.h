// The broker's one thread: requests wait here for credit, and each leaves with exactly one answer.
#pragma once

#include <deque>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "apps/broker/compressor_link.h"
#include "messages/channel/mailbox.h"

namespace pith {

struct BrokerRequest {
  CompressRequest request;
  std::chrono::steady_clock::time_point deadline;
  std::shared_ptr<const std::atomic<bool>> cancelled;
  Broker::OnReply on_reply;
};

class BrokerLoop {
 public:
  BrokerLoop(BrokerOptions options, std::vector<std::unique_ptr<CompressorLink>> links);
  ~BrokerLoop();

  void run();
  void post(BrokerRequest request);
  void poke();
  std::vector<CompressorHealth> health() const;
  const BrokerCounters& counters() const { return counters_; }

 private:
  using Clock = std::chrono::steady_clock;
  using RequestNumber = CompressorLink::RequestNumber;

  struct Pending {
    BrokerRequest request;
    CompressorLink* link = nullptr;  ///< Null: waits for credit.
    bool requeued = false;           ///< Given to a second compressor already.
  };

  void loop();
  Clock::time_point next_wake() const;
  void take_requests();
  void admit(BrokerRequest request);
  void drop_cancelled();
  void drop_expired(Clock::time_point now);

  void receive_some(CompressorLink& link);
  void on_message(CompressorLink& link, const Message& message);
  void on_ready(CompressorLink& link, const Message& message);
  void on_heartbeat(CompressorLink& link, const Message& message);
  void on_reply(CompressorLink& link, const Message& message);
  void on_busy(CompressorLink& link, const Message& message);
  void on_error(CompressorLink& link, const Message& message);
  void on_malformed(CompressorLink& link);
  /// The pending request that `message` answers, no longer owed by `link`; null when it was given
  /// up (counted).
  Pending* settle(CompressorLink& link, const Message& message);

  void check_links(Clock::time_point now);
  void on_death(CompressorLink& link);
  void requeue_owed(CompressorLink& link);
  /// Back to the front of the queue, once; the second time it fails with `error`.
  void requeue(RequestNumber number, Error error);
  void fail_queue_if_nobody_is_left();
  bool somebody_may_answer() const;

  void send_queued();
  CompressorLink* least_loaded(Clock::time_point now);
  std::deque<RequestNumber>& queue_of(const Pending& pending);
  /// Ends a request: it is forgotten first, so that nothing can answer it twice.
  void finish(RequestNumber number, Result<CompressReply> reply);
  void give_up(RequestNumber number, Error error);

  const BrokerOptions options_;
  std::vector<std::unique_ptr<CompressorLink>> links_;
  BrokerCounters counters_;
  Mailbox<BrokerRequest> mailbox_;
  std::atomic<bool> stopping_{false}, poked_{false};
  std::thread thread_;

  std::unordered_map<RequestNumber, Pending> pending_;
  std::deque<RequestNumber> live_queue_,
      shadow_queue_;            ///< May hold numbers that are gone; skipped when met.
  std::size_t num_queued_ = 0;  ///< Without those.
  std::set<std::pair<Clock::time_point, RequestNumber>> deadlines_;
  RequestNumber next_number_ = 1;
  std::size_t next_link_ = 0;
  Clock::time_point started_at_, next_beat_;
};

}  // namespace pith
