#include "apps/compressd/ndjson_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "apps/compressd/job_id.h"
#include "apps/compressd/ndjson_listener.h"

namespace pith {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReadBytes = 256U << 10U;
constexpr std::size_t kOutBytesMax =
    1U << 20U;                         // Unread answers above it stop the reading of requests.
constexpr std::size_t kSlotsMax = 64;  // Lines of one connection in work.
constexpr auto kStopWait = 2s;

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

NdjsonServer::NdjsonServer(CompressorServerCounters& counters, Admit admit)
    : counters_(counters),
      admit_(std::move(admit)),
      mailbox_(1U << 20U),
      last_turn_(Clock::now()) {}

NdjsonServer::~NdjsonServer() { stop(); }

Result<std::string> NdjsonServer::bind(const std::string& address) {
  Result<NdjsonListener> listener = open_ndjson_listener(address);
  if (!listener) return listener.error();
  listener_ = listener->fd;
  unix_path_ = listener->unix_path;
  return listener->bound;
}

void NdjsonServer::run() {
  thread_ = std::thread([this] { loop(); });
}

void NdjsonServer::stop() {
  stopping_ = true;
  mailbox_.poke();
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  unix_path_.clear();
}

void NdjsonServer::post(std::uint64_t job, const Result<CompressReply>& reply) {
  std::shared_ptr<const CompressCall> call;
  {
    const std::lock_guard lock(calls_mutex_);
    const auto found = calls_.find(job);
    if (found == calls_.end()) return;
    call = std::move(found->second);
    calls_.erase(found);
  }
  mailbox_.post(
      {job, reply ? compress_answer_json(*call, *reply) : error_json(reply.error(), call->id)});
}

void NdjsonServer::loop() {
  auto stop_at = Clock::time_point::max();
  std::vector<pollfd> items;
  std::vector<std::uint64_t> numbers;
  for (;;) {
    last_turn_.store(Clock::now(), std::memory_order_relaxed);
    if (stopping_ && stop_at == Clock::time_point::max()) stop_at = Clock::now() + kStopWait;
    if (stopping_) {
      numbers.clear();
      for (const auto& [number, connection] : connections_) {
        if (connection.slots.empty() && connection.out.empty()) numbers.push_back(number);
      }
      for (const std::uint64_t number : numbers) close(number);
      if (connection_of_job_.empty() && (connections_.empty() || Clock::now() >= stop_at)) break;
    }

    items.assign(
        {{mailbox_.fd(), POLLIN, 0},
         {stopping_ || connections_.size() >= kConnectionsMax ? -1 : listener_, POLLIN, 0}});
    numbers.clear();
    bool waiting = false;
    for (const auto& [number, connection] : connections_) {
      const bool reads = wants_input(connection) && !connection.end_of_input;
      const auto events =
          static_cast<short>((reads ? POLLIN : 0) | (connection.out.empty() ? 0 : POLLOUT));
      items.push_back({connection.fd, events, 0});
      numbers.push_back(number);
      waiting = waiting || connection.waiting.has_value();
    }
    // A full graph gives no sign when it has room: it is asked again soon.
    ::poll(items.data(), items.size(), waiting ? 5 : stopping_ ? 20 : 500);

    if (items[0].revents != 0) deliver_letters();
    if (items[1].revents != 0) accept_some();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      Connection& connection = connections_.at(numbers[i]);
      const short events = items[i + 2].revents;
      // POLLHUP: both directions are closed, so nobody reads the answers. A half-close is no
      // POLLHUP.
      bool alive = (events & (POLLERR | POLLNVAL | POLLHUP)) == 0;
      if (alive && (events & POLLIN) != 0) alive = read_some(connection);
      if (alive && wants_input(connection)) take_lines(connection);
      if (alive) alive = write_some(connection);
      const bool done = connection.end_of_input && connection.in.empty() &&
                        connection.slots.empty() && connection.out.empty();
      if (!alive || done) close(numbers[i]);
    }
    retry_waiting();
  }
  numbers.clear();
  for (const auto& [number, connection] : connections_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) close(number);
}

void NdjsonServer::accept_some() {
  while (connections_.size() < kConnectionsMax) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    connections_[next_connection_++].fd = fd;
  }
}

bool NdjsonServer::wants_input(const Connection& connection) const {
  return !stopping_ && !connection.waiting && connection.slots.size() < kSlotsMax &&
         connection.out.size() - connection.sent < kOutBytesMax;
}

/// False: the connection broke.
bool NdjsonServer::read_some(Connection& connection) {
  if (connection.end_of_input) return true;
  const std::size_t before = connection.in.size();
  connection.in.resize(before + kReadBytes);
  const ssize_t bytes = ::recv(connection.fd, connection.in.data() + before, kReadBytes, 0);
  connection.in.resize(before + static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  if (bytes == 0) connection.end_of_input = true;
  return bytes >= 0 || errno == EAGAIN || errno == EINTR;
}

void NdjsonServer::take_lines(Connection& connection) {
  std::size_t begin = 0;
  while (wants_input(connection)) {
    const std::size_t end = connection.in.find('\n', std::max(begin, connection.scanned));
    if (end == std::string::npos) {
      connection.scanned = connection.in.size();
      if (connection.in.size() - begin > kLineBytesMax && !connection.skipping) {
        connection.skipping = true;
        counters_.bad_lines.fetch_add(1);
        add_answer(connection, error_json({ErrorCode::kPromptTooLong, "line longer than 64 MiB"}));
      }
      if (connection.skipping) begin = connection.in.size();
      // A last line may lack its line end.
      if (connection.end_of_input) {
        const std::string_view rest = std::string_view(connection.in).substr(begin);
        if (!blank(rest)) on_line(connection, rest);
        begin = connection.in.size();
      }
      break;
    }
    const std::string_view line = std::string_view(connection.in).substr(begin, end - begin);
    begin = end + 1;
    if (connection.skipping) {
      connection.skipping = false;
    } else if (line.size() > kLineBytesMax) {
      counters_.bad_lines.fetch_add(1);
      add_answer(connection, error_json({ErrorCode::kPromptTooLong, "line longer than 64 MiB"}));
    } else if (!blank(line)) {
      on_line(connection, line);
    }
  }
  connection.in.erase(0, begin);
  connection.scanned -= std::min(connection.scanned, begin);
  if (connection.in.empty() && connection.in.capacity() > 4 * kReadBytes)
    std::string().swap(connection.in);
}

void NdjsonServer::on_line(Connection& connection, std::string_view line) {
  counters_.lines.fetch_add(1);
  std::string id;
  Result<CompressCall> call = parse_compress_json(line, &id);
  if (!call) {
    counters_.bad_lines.fetch_add(1);
    return add_answer(connection, error_json(call.error(), id));
  }
  const std::uint64_t number = next_job_++;
  call->request.id = job_id(JobOrigin::kNdjson, number);
  auto shared = std::make_shared<const CompressCall>(std::move(*call));
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  connection.slots.push_back({.job = number, .answer = {}, .cancelled = cancelled});
  CompressJob job{.request = std::shared_ptr<const CompressRequest>(shared, &shared->request),
                  .deadline = Clock::time_point::max(),
                  .cancelled = std::move(cancelled)};
  {
    const std::lock_guard lock(calls_mutex_);
    calls_.emplace(number, std::move(shared));
  }
  connection.waiting =
      std::move(job);  // The loop hands it to the graph, now or when there is room.
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [&](const auto& entry) { return &entry.second == &connection; });
  connection_of_job_.emplace(number, found->first);
  if (admit_(*connection.waiting)) connection.waiting.reset();
}

void NdjsonServer::add_answer(Connection& connection, std::string answer) {
  connection.slots.push_back({.job = 0, .answer = std::move(answer), .cancelled = nullptr});
}

void NdjsonServer::retry_waiting() {
  for (auto& [number, connection] : connections_) {
    if (!connection.waiting || !admit_(*connection.waiting)) continue;
    connection.waiting.reset();
    take_lines(connection);  // Lines that were already read get no other event.
  }
}

void NdjsonServer::deliver_letters() {
  std::vector<Letter> letters;
  mailbox_.take(letters);
  for (Letter& letter : letters) {
    const auto job = connection_of_job_.find(letter.job);
    if (job == connection_of_job_.end()) continue;
    const auto found = connections_.find(job->second);
    connection_of_job_.erase(job);
    if (found == connections_.end()) continue;  // The client is gone.
    for (Slot& slot : found->second.slots) {
      if (slot.job == letter.job) slot.answer = std::move(letter.answer);
    }
  }
}

/// False: the connection broke.
bool NdjsonServer::write_some(Connection& connection) {
  while (!connection.slots.empty() && !connection.slots.front().answer.empty() &&
         connection.out.size() - connection.sent < kOutBytesMax) {
    connection.out += connection.slots.front().answer;
    connection.out += '\n';
    connection.slots.pop_front();
  }
  while (connection.sent < connection.out.size()) {
    const ssize_t bytes = ::send(connection.fd, connection.out.data() + connection.sent,
                                 connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (bytes < 0) return errno == EAGAIN || errno == EINTR;
    connection.sent += static_cast<std::size_t>(bytes);
  }
  connection.out.clear();
  connection.sent = 0;
  return true;
}

void NdjsonServer::close(std::uint64_t number) {
  Connection& connection = connections_.at(number);
  for (Slot& slot : connection.slots) {
    if (slot.cancelled != nullptr) slot.cancelled->store(true);
  }
  if (connection.waiting) {
    // Never admitted: no reply will come for it.
    const std::uint64_t job = connection.slots.back().job;
    connection_of_job_.erase(job);
    const std::lock_guard lock(calls_mutex_);
    calls_.erase(job);
  }
  ::close(connection.fd);
  connections_.erase(number);
}

}  // namespace pith
