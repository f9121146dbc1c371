#include "apps/broker/broker_loop.h"

#include <algorithm>

namespace pith {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMailboxMax = 65'536;
constexpr int kMessagesPerTurn = 64;
constexpr auto kDrainingPause = 50ms;

}  // namespace

BrokerLoop::BrokerLoop(BrokerOptions options, std::vector<std::unique_ptr<CompressorLink>> links)
    : options_(std::move(options)), links_(std::move(links)), mailbox_(kMailboxMax) {}

BrokerLoop::~BrokerLoop() {
  stopping_ = true;
  mailbox_.poke();
  if (thread_.joinable()) thread_.join();
}

void BrokerLoop::run() {
  thread_ = std::thread([this] { loop(); });
}

void BrokerLoop::post(BrokerRequest request) {
  if (mailbox_.post(std::move(request))) return;
  // post left the request untouched: the mailbox is full.
  // NOLINTNEXTLINE(bugprone-use-after-move)
  request.on_reply(Error{ErrorCode::kOverloaded, "broker: mailbox full"});
}

void BrokerLoop::poke() {
  poked_ = true;
  mailbox_.poke();
}

std::vector<CompressorHealth> BrokerLoop::health() const {
  std::vector<CompressorHealth> health;
  for (const auto& link : links_) health.push_back(link->health());
  return health;
}

void BrokerLoop::loop() {
  started_at_ = Clock::now();
  next_beat_ = started_at_ + options_.heartbeat;
  std::vector<zmq::pollitem_t> items;
  while (!stopping_) {
    items.assign({{nullptr, mailbox_.fd(), ZMQ_POLLIN, 0}});
    for (const auto& link : links_) {
      items.push_back({link->dealer().handle(), 0, ZMQ_POLLIN, 0});
      items.push_back({link->monitor().handle(), 0, ZMQ_POLLIN, 0});
    }
    const auto wait = std::max(Clock::duration::zero(), next_wake() - Clock::now());
    try {
      zmq::poll(items.data(), items.size(), std::chrono::ceil<std::chrono::milliseconds>(wait));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) break;  // The context is gone.
    }
    if (items[0].revents != 0) take_requests();
    for (std::size_t i = 0; i < links_.size(); ++i) {
      // Answers first: a compressor may have sent them just before its connection broke.
      if (items[1 + 2 * i].revents != 0) receive_some(*links_[i]);
      if (items[2 + 2 * i].revents != 0 && links_[i]->take_connection_events())
        on_death(*links_[i]);
    }
    const auto now = Clock::now();
    drop_expired(now);
    if (now >= next_beat_) {
      next_beat_ = now + options_.heartbeat;
      check_links(now);
    }
    send_queued();
  }
  while (!pending_.empty())
    finish(pending_.begin()->first, Error{ErrorCode::kUnavailable, "broker: stopped"});
  std::vector<BrokerRequest> rest;
  mailbox_.take(rest);
  for (BrokerRequest& request : rest)
    request.on_reply(Error{ErrorCode::kUnavailable, "broker: stopped"});
  links_.clear();  // Sockets are closed by the thread that used them.
}

BrokerLoop::Clock::time_point BrokerLoop::next_wake() const {
  Clock::time_point wake = next_beat_;
  if (!deadlines_.empty()) wake = std::min(wake, deadlines_.begin()->first);
  if (num_queued_ > 0) {
    const auto now = Clock::now();
    for (const auto& link : links_) {
      if (link->busy_until() > now) wake = std::min(wake, link->busy_until());
    }
  }
  return wake;
}

void BrokerLoop::take_requests() {
  std::vector<BrokerRequest> requests;
  mailbox_.take(requests);
  for (BrokerRequest& request : requests) admit(std::move(request));
  if (poked_.exchange(false)) drop_cancelled();
}

void BrokerLoop::admit(BrokerRequest request) {
  const auto refuse = [&](ErrorCode code, std::string detail) {
    counters_.failed.fetch_add(1);
    request.on_reply(Error{code, std::move(detail)});
  };
  const std::size_t bytes = encoded_bytes_max(request.request);
  if (bytes > options_.message_bytes_max || request.request.segments.size() > kSegmentsMax) {
    return refuse(ErrorCode::kPromptTooLong,
                  "broker: request_bytes=" + std::to_string(bytes) +
                      " request_bytes_max=" + std::to_string(options_.message_bytes_max) +
                      " num_segments=" + std::to_string(request.request.segments.size()));
  }
  if (!somebody_may_answer())
    return refuse(ErrorCode::kUnavailable, "broker: no compressor answers");
  if (num_queued_ >= options_.queue_max) {
    return refuse(ErrorCode::kOverloaded, "broker: queued=" + std::to_string(num_queued_));
  }
  const RequestNumber number = next_number_++;
  deadlines_.emplace(request.deadline, number);
  const auto added = pending_.emplace(number, Pending{.request = std::move(request)}).first;
  queue_of(added->second).push_back(number);
  ++num_queued_;
}

void BrokerLoop::drop_cancelled() {
  std::vector<RequestNumber> numbers;
  for (const auto& [number, pending] : pending_) {
    if (pending.request.cancelled != nullptr && pending.request.cancelled->load())
      numbers.push_back(number);
  }
  for (const RequestNumber number : numbers) {
    counters_.cancelled.fetch_add(1);
    give_up(number, {ErrorCode::kCancelled, "broker: cancelled"});
  }
}

void BrokerLoop::drop_expired(Clock::time_point now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const RequestNumber number = deadlines_.begin()->second;
    counters_.expired.fetch_add(1);
    const bool sent = pending_.at(number).link != nullptr;
    give_up(number, {ErrorCode::kDeadlineExceeded, sent ? "broker: no answer before the deadline"
                                                        : "broker: no credit before the deadline"});
  }
}

void BrokerLoop::receive_some(CompressorLink& link) {
  Message message;
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    switch (link.receive(message)) {
      case Received::kNothing:
        return;
      case Received::kMalformed:
        on_malformed(link);
        break;
      case Received::kMessage:
        on_message(link, message);
        break;
    }
  }
}

void BrokerLoop::on_message(CompressorLink& link, const Message& message) {
  switch (message.header.type) {
    case MessageType::kReady:
      return on_ready(link, message);
    case MessageType::kHeartbeat:
      return on_heartbeat(link, message);
    case MessageType::kCompressReply:
      return on_reply(link, message);
    case MessageType::kBusy:
      return on_busy(link, message);
    case MessageType::kError:
      return on_error(link, message);
    default:
      return on_malformed(link);
  }
}

void BrokerLoop::on_ready(CompressorLink& link, const Message& message) {
  const Result<Ready> ready = decode_ready(message.body_bytes());
  if (!ready) return on_malformed(link);
  // A new process at the same endpoint knows nothing of what the old one was given.
  if (link.instance() != 0 && link.instance() != ready->instance) requeue_owed(link);
  link.heard(message.header, Clock::now());
  link.set_ready(*ready);
  link.set_state(CompressorLink::State::kAlive);
}

void BrokerLoop::on_heartbeat(CompressorLink& link, const Message& message) {
  const Result<Heartbeat> heartbeat = decode_heartbeat(message.body_bytes());
  if (!heartbeat) return on_malformed(link);
  link.heard(message.header, Clock::now());
  if (heartbeat->state == PeerState::kDraining && link.state() == CompressorLink::State::kAlive) {
    link.set_state(CompressorLink::State::kDraining);
    fail_queue_if_nobody_is_left();
  }
}

BrokerLoop::Pending* BrokerLoop::settle(CompressorLink& link, const Message& message) {
  link.heard(message.header, Clock::now());
  const RequestNumber number = request_number_of(message.header.request_id);
  const bool owed = link.owes(number);
  link.settle(number);
  const auto pending = pending_.find(number);
  // Only the compressor that has the request may answer it.
  if (!owed || pending == pending_.end() || pending->second.link != &link) {
    counters_.late.fetch_add(1);
    return nullptr;
  }
  return &pending->second;
}

void BrokerLoop::on_reply(CompressorLink& link, const Message& message) {
  Pending* pending = settle(link, message);
  if (pending == nullptr) return;
  const RequestNumber number = request_number_of(message.header.request_id);
  Result<CompressReply> reply = decode_compress_reply(message.body_bytes());
  if (reply) {
    if (Result<Done> fits = reply_fits(*reply, pending->request.request); !fits)
      reply = fits.error();
  }
  if (!reply) {
    finish(number, reply.error());
    return on_malformed(link);
  }
  reply->id = pending->request.request.id;
  counters_.replied.fetch_add(1);
  finish(number, std::move(reply));
}

void BrokerLoop::on_busy(CompressorLink& link, const Message& message) {
  const Result<Fault> fault = decode_fault(message.body_bytes());
  if (!fault) return on_malformed(link);
  counters_.busy.fetch_add(1);
  link.set_busy_until(Clock::now() + std::max<Clock::duration>(
                                         std::chrono::milliseconds(fault->retry_after_ms), 1ms));
  if (fault->code == ErrorCode::kUnavailable) {
    link.set_state(CompressorLink::State::kDraining);
    link.set_busy_until(Clock::now() + kDrainingPause);
  }
  if (settle(link, message) != nullptr) {
    requeue(
        request_number_of(message.header.request_id),
        {fault->code == ErrorCode::kUnavailable ? ErrorCode::kUnavailable : ErrorCode::kOverloaded,
         "compressor: " + fault->text});
  }
  fail_queue_if_nobody_is_left();
}

void BrokerLoop::on_error(CompressorLink& link, const Message& message) {
  const Result<Fault> fault = decode_fault(message.body_bytes());
  if (!fault) return on_malformed(link);
  if (settle(link, message) == nullptr) return;
  counters_.failed.fetch_add(1);
  finish(request_number_of(message.header.request_id), Error{fault->code, fault->text});
}

void BrokerLoop::on_malformed(CompressorLink& link) {
  counters_.malformed.fetch_add(1);
  if (link.count_malformed(Clock::now())) on_death(link);
}

void BrokerLoop::check_links(Clock::time_point now) {
  for (const auto& link : links_) {
    link->beat();
    link->forget_abandoned(now);
    if (link->state() != CompressorLink::State::kDead && link->silent_too_long(now))
      on_death(*link);
  }
}

void BrokerLoop::on_death(CompressorLink& link) {
  if (link.state() == CompressorLink::State::kDead) return;  // ZeroMQ goes on trying to connect.
  // One that was never heard of, or said that it was draining, is gone as well but did not die.
  if (link.state() == CompressorLink::State::kAlive) counters_.deaths.fetch_add(1);
  link.set_state(CompressorLink::State::kDead);
  // A fresh socket: what the old one holds for a stopped process must not reach it when it goes on.
  // The endpoint was good at start-up, and a failure here leaves the link dead.
  (void)link.reconnect();
  requeue_owed(link);
  fail_queue_if_nobody_is_left();
}

void BrokerLoop::requeue_owed(CompressorLink& link) {
  std::vector<RequestNumber> numbers = link.take_owed();
  std::sort(numbers.rbegin(), numbers.rend());  // Each goes to the front: the oldest last.
  for (const RequestNumber number : numbers) {
    if (pending_.contains(number))
      requeue(number, {ErrorCode::kUnavailable, "broker: two compressors died with it"});
  }
}

void BrokerLoop::requeue(RequestNumber number, Error error) {
  Pending& pending = pending_.at(number);
  if (pending.requeued) {
    counters_.failed.fetch_add(1);
    return finish(number, std::move(error));
  }
  counters_.requeued.fetch_add(1);
  pending.requeued = true;
  pending.link = nullptr;
  queue_of(pending).push_front(number);
  ++num_queued_;
}

bool BrokerLoop::somebody_may_answer() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) {
    return link->state() == CompressorLink::State::kAlive ||
           link->state() == CompressorLink::State::kConnecting;
  });
}

void BrokerLoop::fail_queue_if_nobody_is_left() {
  if (somebody_may_answer()) return;
  for (auto* queue : {&live_queue_, &shadow_queue_}) {
    for (const RequestNumber number : std::exchange(*queue, {})) {
      const auto pending = pending_.find(number);
      if (pending == pending_.end() || pending->second.link != nullptr) continue;
      counters_.failed.fetch_add(1);
      finish(number, Error{ErrorCode::kUnavailable, "broker: no compressor answers"});
    }
  }
}

void BrokerLoop::send_queued() {
  const auto now = Clock::now();
  for (auto* queue : {&live_queue_, &shadow_queue_}) {
    while (!queue->empty()) {
      const auto found = pending_.find(queue->front());
      if (found == pending_.end() || found->second.link != nullptr) {
        queue->pop_front();
        continue;
      }
      CompressorLink* link = least_loaded(now);
      if (link == nullptr) return;
      Pending& pending = found->second;
      if (!link->send_request(found->first, pending.request.request, pending.request.deadline)) {
        link->set_busy_until(now + 10ms);  // Its pipe is full or its connection just broke.
        continue;
      }
      pending.link = link;
      counters_.sent.fetch_add(1);
      queue->pop_front();
      --num_queued_;
    }
  }
}

CompressorLink* BrokerLoop::least_loaded(Clock::time_point now) {
  CompressorLink* best = nullptr;
  // Starting at another one each time shares equal loads.
  for (std::size_t i = 0; i < links_.size(); ++i) {
    CompressorLink& link = *links_[(next_link_ + i) % links_.size()];
    if (link.has_room(now) && (best == nullptr || link.load(now) < best->load(now))) best = &link;
  }
  ++next_link_;
  return best;
}

std::deque<BrokerLoop::RequestNumber>& BrokerLoop::queue_of(const Pending& pending) {
  return pending.request.request.priority == Priority::kShadow ? shadow_queue_ : live_queue_;
}

void BrokerLoop::finish(RequestNumber number, Result<CompressReply> reply) {
  const auto found = pending_.find(number);
  Pending pending = std::move(found->second);
  pending_.erase(found);
  deadlines_.erase({pending.request.deadline, number});
  if (pending.link == nullptr) --num_queued_;
  pending.request.on_reply(std::move(reply));
}

void BrokerLoop::give_up(RequestNumber number, Error error) {
  if (CompressorLink* link = pending_.at(number).link) {
    link->send_cancel(number, error.code);
    link->abandon(number, Clock::now());
  }
  finish(number, std::move(error));
}

}  // namespace pith
