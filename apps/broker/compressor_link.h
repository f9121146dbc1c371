// The broker's connection to one compressor: a DEALER, what the compressor said of itself, and what
// it owes. Belongs to the broker's thread; health() may be read from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/broker/broker.h"
#include "messages/channel/socket.h"
#include "messages/fault.h"
#include "messages/presence.h"

namespace pith {

class CompressorLink {
 public:
  using Clock = std::chrono::steady_clock;
  using RequestNumber = std::uint64_t;

  enum class State : std::uint8_t {
    kConnecting,  ///< Nothing heard since the broker started: requests wait a little.
    kAlive,
    kDraining,  ///< Answers what it has; gets nothing new.
    kDead,
  };

  /// Errors: kInvalidArgument (the endpoint).
  static Result<std::unique_ptr<CompressorLink>> open(zmq::context_t& context,
                                                      const std::string& endpoint,
                                                      std::chrono::milliseconds heartbeat);
  ~CompressorLink();

  /// A fresh socket and connection; what the old one still had is dropped.
  Result<Done> reconnect();
  /// Sends a heartbeat, which is also how the broker presents itself.
  void beat();
  /// True when the connection was lost since the last call. Greets the other side when it was made.
  bool take_connection_events();
  Received receive(Message& message) { return pith::receive(dealer_, message); }

  bool send_request(RequestNumber number, const CompressRequest& request,
                    Clock::time_point deadline);
  void send_cancel(RequestNumber number, ErrorCode reason);

  /// May a request be sent now?
  bool has_room(Clock::time_point now) const {
    return state_ == State::kAlive && owed_.size() < credit_ && now >= busy_until_;
  }
  /// Load and doubt: lower is better. One that missed a heartbeat is taken only when no other has
  /// room.
  std::size_t load(Clock::time_point now) const;
  bool silent_too_long(Clock::time_point now) const;

  State state() const { return state_; }
  void set_state(State state);
  void heard(const MessageHeader& header, Clock::time_point now);
  void set_ready(const Ready& ready);
  std::uint64_t instance() const { return instance_; }
  void set_instance(std::uint64_t instance) { instance_ = instance; }
  void set_busy_until(Clock::time_point until) { busy_until_ = until; }
  Clock::time_point busy_until() const { return busy_until_; }

  /// Requests that it was given and has not answered. One that was given up still holds its credit
  /// until it is answered or kAbandonedMax has passed.
  bool owes(RequestNumber number) const { return owed_.contains(number); }
  void settle(RequestNumber number);
  void abandon(RequestNumber number, Clock::time_point now);
  void forget_abandoned(Clock::time_point now);
  /// All of them that were not given up; the link owes nothing afterwards.
  std::vector<RequestNumber> take_owed();

  /// Counts a message that was not what it claimed; true at the third within ten seconds.
  bool count_malformed(Clock::time_point now);

  zmq::socket_t& dealer() { return dealer_; }
  zmq::socket_t& monitor() { return monitor_; }
  CompressorHealth health() const;

 private:
  CompressorLink(zmq::context_t& context, std::string endpoint,
                 std::chrono::milliseconds heartbeat);
  void publish_load() { in_flight_seen_.store(static_cast<std::uint32_t>(owed_.size())); }

  zmq::context_t& context_;
  const std::string endpoint_;
  const std::chrono::milliseconds heartbeat_;
  const std::uint64_t own_instance_;
  zmq::socket_t dealer_, monitor_;

  State state_ = State::kConnecting;
  std::uint64_t instance_ = 0;
  std::uint32_t credit_ = 0;
  std::uint64_t seq_ = 0;
  Clock::time_point heard_at_, busy_until_, malformed_since_;
  int malformed_ = 0;
  std::unordered_map<RequestNumber, Clock::time_point>
      owed_;  ///< When it was given up; max: it was not.

  std::atomic<bool> alive_seen_{false};
  std::atomic<std::uint32_t> credit_seen_{0}, in_flight_seen_{0};
  mutable std::mutex policy_mutex_;
  std::string policy_;
};

/// The number of a request is the second half of its id.
RequestId request_id_of(std::uint64_t own_instance, CompressorLink::RequestNumber number);
CompressorLink::RequestNumber request_number_of(const RequestId& id);

}  // namespace pith
