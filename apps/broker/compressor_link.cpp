#include "apps/broker/compressor_link.h"

#include <zmq.h>

#include <cstring>
#include <random>

namespace pith {
namespace {

using namespace std::chrono_literals;

constexpr auto kAbandonedMax = 10s;
constexpr int kMalformedMax = 3;
constexpr auto kMalformedWindow = 10s;
/// Far above any real load: a link in doubt loses against every other.
constexpr std::size_t kDoubt = 1U << 20U;

std::uint64_t random_instance() {
  std::random_device random;
  return (std::uint64_t{random()} << 32U) | random();
}

MessageHeader header_of(MessageType type, const RequestId& id, std::uint64_t deadline_us) {
  return {.type = type, .flags = 0, .credit = 0, .request_id = id, .deadline_us = deadline_us};
}

}  // namespace

RequestId request_id_of(std::uint64_t own_instance, CompressorLink::RequestNumber number) {
  RequestId id;
  std::memcpy(id.bytes.data(), &own_instance, 8);
  std::memcpy(id.bytes.data() + 8, &number, 8);
  return id;
}

CompressorLink::RequestNumber request_number_of(const RequestId& id) {
  CompressorLink::RequestNumber number = 0;
  std::memcpy(&number, id.bytes.data() + 8, 8);
  return number;
}

CompressorLink::CompressorLink(zmq::context_t& context, std::string endpoint,
                               std::chrono::milliseconds heartbeat)
    : context_(context),
      endpoint_(std::move(endpoint)),
      heartbeat_(heartbeat),
      own_instance_(random_instance()),
      heard_at_(Clock::now()) {}

CompressorLink::~CompressorLink() = default;

Result<std::unique_ptr<CompressorLink>> CompressorLink::open(zmq::context_t& context,
                                                             const std::string& endpoint,
                                                             std::chrono::milliseconds heartbeat) {
  std::unique_ptr<CompressorLink> link(new CompressorLink(context, endpoint, heartbeat));
  if (Result<Done> connected = link->reconnect(); !connected) return connected.error();
  return link;
}

Result<Done> CompressorLink::reconnect() {
  if (dealer_) {
    dealer_.close();
    monitor_.close();
  }
  // No lingering: what waits in it when it is closed was re-queued or given up.
  dealer_ =
      open_dealer(context_, {.message_bytes_max = kReplyBytesMax, .queue_max = 128, .linger = 0ms});
  // Tells at once when a killed compressor's connection breaks; heartbeats alone take three of
  // them.
  static std::atomic<std::uint64_t> next_name{0};
  const std::string name = "inproc://pith-broker-monitor-" + std::to_string(next_name.fetch_add(1));
  try {
    if (::zmq_socket_monitor(dealer_.handle(), name.c_str(),
                             ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0) {
      return Error{ErrorCode::kInternal,
                   std::string("cannot watch a socket: ") + zmq_strerror(errno)};
    }
    monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
    monitor_.set(zmq::sockopt::linger, 0);
    monitor_.connect(name);
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kInternal, std::string("cannot watch a socket: ") + error.what()};
  }
  if (Result<Done> connected = connect_socket(dealer_, endpoint_); !connected) return connected;
  beat();  // Over inproc there is no event for a new connection.
  return Done{};
}

void CompressorLink::beat() {
  const Heartbeat heartbeat{.instance = own_instance_,
                            .seq = ++seq_,
                            .in_flight = static_cast<std::uint32_t>(owed_.size()),
                            .credit = 0,
                            .state = PeerState::kServing};
  send(dealer_, header_of(MessageType::kHeartbeat, {}, 0), encode(heartbeat));
}

bool CompressorLink::take_connection_events() {
  bool lost = false;
  zmq::message_t event;
  zmq::message_t address;
  try {
    while (monitor_.recv(event, zmq::recv_flags::dontwait)) {
      if (event.more()) (void)monitor_.recv(address, zmq::recv_flags::dontwait);
      std::uint16_t kind = 0;
      if (event.size() >= sizeof kind) std::memcpy(&kind, event.data(), sizeof kind);
      if (kind == ZMQ_EVENT_DISCONNECTED) lost = true;
      if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) beat();
    }
  } catch (const zmq::error_t&) {
    return lost;
  }
  return lost;
}

bool CompressorLink::send_request(RequestNumber number, const CompressRequest& request,
                                  Clock::time_point deadline) {
  if (!send(dealer_,
            header_of(MessageType::kCompressRequest, request_id_of(own_instance_, number),
                      to_deadline_us(deadline)),
            encode(request))) {
    return false;
  }
  owed_.emplace(number, Clock::time_point::max());
  publish_load();
  return true;
}

void CompressorLink::send_cancel(RequestNumber number, ErrorCode reason) {
  send(dealer_, header_of(MessageType::kCancel, request_id_of(own_instance_, number), 0),
       encode(Fault{reason, 0, {}}));
}

std::size_t CompressorLink::load(Clock::time_point now) const {
  const bool in_doubt = now - heard_at_ > heartbeat_ + heartbeat_ / 2;
  return owed_.size() + (in_doubt ? kDoubt : 0);
}

bool CompressorLink::silent_too_long(Clock::time_point now) const {
  // Half a heartbeat of grace: both sides' timers drift.
  return now - heard_at_ > 3 * heartbeat_ + heartbeat_ / 2;
}

void CompressorLink::set_state(State state) {
  state_ = state;
  alive_seen_ = state == State::kAlive;
}

void CompressorLink::heard(const MessageHeader& header, Clock::time_point now) {
  heard_at_ = now;
  credit_ = header.credit;
  credit_seen_ = credit_;
}

void CompressorLink::set_ready(const Ready& ready) {
  instance_ = ready.instance;
  const std::lock_guard lock(policy_mutex_);
  policy_ = ready.policy;
}

void CompressorLink::settle(RequestNumber number) {
  owed_.erase(number);
  publish_load();
}

void CompressorLink::abandon(RequestNumber number, Clock::time_point now) {
  if (const auto owed = owed_.find(number); owed != owed_.end()) owed->second = now;
}

void CompressorLink::forget_abandoned(Clock::time_point now) {
  std::erase_if(owed_, [&](const auto& owed) {
    return owed.second != Clock::time_point::max() && now - owed.second > kAbandonedMax;
  });
  publish_load();
}

std::vector<CompressorLink::RequestNumber> CompressorLink::take_owed() {
  std::vector<RequestNumber> numbers;
  for (const auto& [number, abandoned_at] : owed_) {
    if (abandoned_at == Clock::time_point::max()) numbers.push_back(number);
  }
  owed_.clear();
  publish_load();
  return numbers;
}

bool CompressorLink::count_malformed(Clock::time_point now) {
  if (malformed_ == 0 || now - malformed_since_ > kMalformedWindow) {
    malformed_ = 0;
    malformed_since_ = now;
  }
  if (++malformed_ < kMalformedMax) return false;
  malformed_ = 0;
  return true;
}

CompressorHealth CompressorLink::health() const {
  const std::lock_guard lock(policy_mutex_);
  return {.endpoint = endpoint_,
          .alive = alive_seen_,
          .credit = credit_seen_,
          .in_flight = in_flight_seen_,
          .policy = policy_};
}

}  // namespace pith
