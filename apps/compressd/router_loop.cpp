#include "apps/compressd/router_loop.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "apps/compressd/job_id.h"
#include "messages/codec/codec.h"

namespace pith {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPeersMax = 1024;
constexpr int kMessagesPerTurn = 64;  // Then replies get their turn.
constexpr int kMalformedMax = 3;  // In kMalformedWindow: the peer is not listened to for as long.
constexpr auto kMalformedWindow = 10s;
constexpr std::uint32_t kRetryAfterMs = 20;
constexpr auto kDrainQuiet = 30ms;    // No new request for so long: peers have noticed.
constexpr auto kDrainLinger = 300ms;  // Longest wait for that quiet after the last reply.

std::uint64_t random_instance() {
  std::random_device random;
  return (std::uint64_t{random()} << 32U) | random();
}

SocketLimits limits_of(const CompressorServerOptions& options) {
  SocketLimits limits;
  limits.message_bytes_max = options.message_bytes_max;
  // A peer's whole credit of replies must fit beside heartbeats.
  limits.queue_max = std::max(limits.queue_max, 2 * static_cast<int>(options.credit));
  return limits;
}

}  // namespace

std::size_t RouterLoop::RequestIdHash::operator()(const RequestId& id) const {
  std::size_t hash = 0;
  std::memcpy(&hash, id.bytes.data(), sizeof hash);
  std::size_t rest = 0;
  std::memcpy(&rest, id.bytes.data() + 8, sizeof rest);
  return hash ^ (rest * 0x9E3779B97F4A7C15ULL);
}

RouterLoop::RouterLoop(zmq::context_t& context, const CompressorServerOptions& options,
                       std::string policy, CompressorServerCounters& counters, Admit admit)
    : options_(options),
      instance_(random_instance()),
      counters_(counters),
      admit_(std::move(admit)),
      router_(open_router(context, limits_of(options))),
      mailbox_(
          1U << 20U),  // The graph's admission is the real bound; a reply must never be lost here.
      last_turn_(Clock::now()),
      policy_(std::move(policy)) {}

RouterLoop::~RouterLoop() { stop(); }

Result<Done> RouterLoop::bind(const std::vector<std::string>& endpoints) {
  for (const std::string& endpoint : endpoints) {
    Result<std::string> bound = bind_socket(router_, endpoint);
    if (!bound) return bound.error();
    bound_.push_back(std::move(*bound));
  }
  return Done{};
}

void RouterLoop::run() {
  thread_ = std::thread([this] { loop(); });
}

void RouterLoop::stop() {
  stopping_ = true;
  mailbox_.poke();
  if (thread_.joinable()) thread_.join();
}

void RouterLoop::post(std::uint64_t job, const Result<CompressReply>& reply) {
  // Encoded here, on the worker, so that the one socket thread only moves bytes.
  Letter letter{.job = job, .type = MessageType::kCompressReply, .body = {}, .policy = {}};
  if (reply) {
    letter.body = encode(*reply);
    if (letter.body.size() > kReplyBytesMax) {
      letter.type = MessageType::kError;
      letter.body =
          encode(Fault{ErrorCode::kPromptTooLong, 0, "reply longer than a message may be"});
    }
  } else {
    letter.type = MessageType::kError;
    letter.body = encode(Fault{reply.error().code, 0, reply.error().detail});
  }
  mailbox_.post(std::move(letter));
}

void RouterLoop::announce(std::string policy) {
  mailbox_.post(
      Letter{.job = 0, .type = MessageType::kReady, .body = {}, .policy = std::move(policy)});
}

void RouterLoop::loop() {
  auto next_beat = Clock::now() + options_.heartbeat;
  for (;;) {
    const auto now = Clock::now();
    last_turn_.store(now, std::memory_order_relaxed);
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(next_beat - now, Clock::duration::zero()));
    if (draining_) wait = std::min(wait, std::chrono::milliseconds(10));
    zmq::pollitem_t items[] = {{router_.handle(), 0, ZMQ_POLLIN, 0},
                               {nullptr, mailbox_.fd(), ZMQ_POLLIN, 0}};
    try {
      zmq::poll(items, 2, wait);
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) return;  // The context is gone: nobody is left to answer.
    }
    if (items[1].revents != 0) deliver_letters();
    if (items[0].revents != 0) receive_some();
    if (Clock::now() >= next_beat) {
      next_beat = Clock::now() + options_.heartbeat;
      forget_silent_peers();
      beat();
    }
    if (stopping_ && !draining_) {
      draining_ = true;
      drain_quiet_since_ = drain_until_ = Clock::time_point::max();
      beat();  // Tells every peer at once that nothing new is taken.
    }
    if (draining_ && drained()) break;
  }
  router_.close();
}

void RouterLoop::deliver_letters() {
  std::vector<Letter> letters;
  mailbox_.take(letters);
  for (Letter& letter : letters) {
    if (letter.type == MessageType::kReady) {
      policy_ = std::move(letter.policy);
      for (const auto& [id, peer] : peers_) greet(id);
      continue;
    }
    const auto found = jobs_.find(letter.job);
    if (found == jobs_.end()) continue;
    const Job job = std::move(found->second);
    jobs_.erase(found);
    if (const auto peer = peers_.find(job.peer); peer != peers_.end())
      peer->second.jobs.erase(job.request_id);
    // Also to a peer that was forgotten: its connection may be alive, and it still counts this
    // request.
    const MessageHeader header{.type = letter.type,
                               .flags = 0,
                               .credit = draining_ ? 0 : options_.credit,
                               .request_id = job.request_id,
                               .deadline_us = 0};
    if (!send(router_, job.peer, header, std::move(letter.body)))
      counters_.unreachable.fetch_add(1);
  }
}

bool RouterLoop::receive_some() {
  PeerId id;
  Message message;
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    const Received received = receive(router_, id, message);
    if (received == Received::kNothing) return i > 0;
    auto found = peers_.find(id);
    const bool is_new = found == peers_.end();
    if (is_new) {
      if (peers_.size() >= kPeersMax || received == Received::kMalformed) {
        counters_.malformed.fetch_add(1);
        continue;
      }
      found = peers_.emplace(id, Peer{}).first;
    }
    Peer& peer = found->second;
    const auto now = Clock::now();
    if (now < peer.muted_until) {
      counters_.muted.fetch_add(1);
    } else if (received == Received::kMalformed) {
      on_malformed(peer);
    } else {
      peer.heard_at = now;
      if (is_new) greet(id);
      on_message(id, peer, message);
    }
  }
  return true;
}

void RouterLoop::on_message(const PeerId& peer_id, Peer& peer, const Message& message) {
  switch (message.header.type) {
    case MessageType::kCompressRequest:
      return on_request(peer_id, peer, message);
    case MessageType::kHeartbeat:
      if (!decode_heartbeat(message.body_bytes())) on_malformed(peer);
      return;
    case MessageType::kCancel: {
      const auto job = peer.jobs.find(message.header.request_id);
      if (job == peer.jobs.end()) return;  // Its reply is already under way.
      jobs_.at(job->second).cancelled->store(true);
      counters_.cancelled.fetch_add(1);
      return;
    }
    default:
      return on_malformed(peer);
  }
}

void RouterLoop::on_request(const PeerId& peer_id, Peer& peer, const Message& message) {
  const RequestId& id = message.header.request_id;
  if (draining_) {
    drain_quiet_since_ = Clock::now();
    return refuse(peer_id, id, MessageType::kBusy, {ErrorCode::kUnavailable, 0, "draining"});
  }
  if (peer.jobs.size() >= options_.credit || peer.jobs.contains(id)) {
    return refuse(peer_id, id, MessageType::kBusy,
                  {ErrorCode::kOverloaded, kRetryAfterMs, "beyond credit"});
  }
  Result<CompressRequest> request = decode_compress_request(message.body_bytes());
  if (!request) {
    on_malformed(peer);
    return refuse(peer_id, id, MessageType::kError,
                  {request.error().code, 0, request.error().detail});
  }
  counters_.requests.fetch_add(1);
  const std::uint64_t job = next_job_++;
  request->id = job_id(JobOrigin::kRouter, job);
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  // Before it is admitted: its reply may be here before admit_ returns.
  jobs_.emplace(job, Job{peer_id, id, cancelled});
  peer.jobs.emplace(id, job);
  if (admit_({.request = std::make_shared<const CompressRequest>(std::move(*request)),
              .deadline = from_deadline_us(message.header.deadline_us),
              .cancelled = cancelled})) {
    return;
  }
  jobs_.erase(job);
  peer.jobs.erase(id);
  refuse(peer_id, id, MessageType::kBusy, {ErrorCode::kOverloaded, kRetryAfterMs, "full"});
}

void RouterLoop::on_malformed(Peer& peer) {
  counters_.malformed.fetch_add(1);
  const auto now = Clock::now();
  if (peer.malformed == 0 || now - peer.malformed_since > kMalformedWindow) {
    peer.malformed = 0;
    peer.malformed_since = now;
  }
  // A ROUTER cannot close one connection; not looking at what it sends costs as little.
  if (++peer.malformed >= kMalformedMax) {
    peer.muted_until = now + kMalformedWindow;
    peer.malformed = 0;
  }
}

void RouterLoop::refuse(const PeerId& peer, const RequestId& request_id, MessageType type,
                        Fault fault) {
  if (type == MessageType::kBusy) counters_.busy.fetch_add(1);
  const MessageHeader header{.type = type,
                             .flags = 0,
                             .credit = draining_ ? 0 : options_.credit,
                             .request_id = request_id,
                             .deadline_us = 0};
  if (!send(router_, peer, header, encode(fault))) counters_.unreachable.fetch_add(1);
}

void RouterLoop::beat() {
  ++heartbeat_seq_;
  for (const auto& [id, peer] : peers_) send_heartbeat(id);
}

void RouterLoop::forget_silent_peers() {
  const auto now = Clock::now();
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    // Half a heartbeat of grace: both sides' timers drift.
    if (now - peer->second.heard_at > 3 * options_.heartbeat + options_.heartbeat / 2 &&
        now >= peer->second.muted_until) {
      for (const auto& [request_id, job] : peer->second.jobs) jobs_.at(job).cancelled->store(true);
      peer = peers_.erase(peer);
    } else {
      ++peer;
    }
  }
}

void RouterLoop::greet(const PeerId& peer) {
  const std::uint32_t credit = draining_ ? 0 : options_.credit;
  send(router_, peer,
       {.type = MessageType::kReady,
        .flags = 0,
        .credit = credit,
        .request_id = {},
        .deadline_us = 0},
       encode(Ready{.instance = instance_,
                    .service = "compressd",
                    .credit = credit,
                    .policy = policy_,
                    .max_tokens = 0}));
}

void RouterLoop::send_heartbeat(const PeerId& peer) {
  const std::uint32_t credit = draining_ ? 0 : options_.credit;
  send(router_, peer,
       {.type = MessageType::kHeartbeat,
        .flags = 0,
        .credit = credit,
        .request_id = {},
        .deadline_us = 0},
       encode(Heartbeat{.instance = instance_,
                        .seq = heartbeat_seq_,
                        .in_flight = static_cast<std::uint32_t>(jobs_.size()),
                        .credit = credit,
                        .state = draining_ ? PeerState::kDraining : PeerState::kServing}));
}

bool RouterLoop::drained() {
  if (!jobs_.empty()) return false;
  const auto now = Clock::now();
  if (drain_until_ == Clock::time_point::max()) {
    drain_until_ = now + kDrainLinger;
    drain_quiet_since_ = now;
  }
  return peers_.empty() || now - drain_quiet_since_ >= kDrainQuiet || now >= drain_until_;
}

}  // namespace pith
