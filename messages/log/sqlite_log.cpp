#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "messages/log/log.h"
#include "messages/log/log_queue.h"
#include "messages/log/log_tables.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kNameBytesMax = 256;  // ids, metric and source names, models

/// Valid UTF-8 of bounded length stays; otherwise what is not ASCII becomes '?', so that no name
/// can spoil an export.
void tidy_name(std::string& name) {
  if (name.size() > kNameBytesMax) name.resize(kNameBytesMax);
  std::size_t at = 0;
  while (at < name.size()) {
    const auto byte = static_cast<unsigned char>(name[at]);
    const std::size_t more = byte < 0x80                   ? 0
                             : byte >= 0xC2 && byte < 0xE0 ? 1
                             : byte >= 0xE0 && byte < 0xF0 ? 2
                             : byte >= 0xF0 && byte < 0xF5 ? 3
                                                           : kNameBytesMax;
    if (more >= name.size() - at) break;
    bool good = true;
    for (std::size_t i = 1; i <= more; ++i) {
      good = good && (static_cast<unsigned char>(name[at + i]) & 0xC0) == 0x80;
    }
    if (more > 1) {  // overlong, surrogates, beyond U+10FFFF
      const auto second = static_cast<unsigned char>(name[at + 1]);
      good = good && !(byte == 0xE0 && second < 0xA0) && !(byte == 0xED && second > 0x9F) &&
             !(byte == 0xF0 && second < 0x90) && !(byte == 0xF4 && second > 0x8F);
    }
    if (!good) break;
    at += more + 1;
  }
  if (at == name.size()) return;
  for (char& byte : name) {
    if (static_cast<unsigned char>(byte) >= 0x80) byte = '?';
  }
}

std::optional<Error> fault_of(const Reward& reward) {
  const auto refused = [](const char* what) {
    return Error{ErrorCode::kInvalidArgument, std::string("reward: ") + what};
  };
  if (reward.event_id.empty()) return refused("no event id");
  if (reward.decision_id.empty() == reward.conversation.empty()) {
    return refused("exactly one of decision and conversation is needed");
  }
  if (!std::isfinite(reward.value) || !std::isfinite(reward.weight)) {
    return refused("value and weight must be finite");
  }
  for (const std::string* name : {&reward.event_id, &reward.decision_id, &reward.conversation,
                                  &reward.metric, &reward.source}) {
    if (name->size() > kNameBytesMax) return refused("a name is longer than 256 bytes");
  }
  return std::nullopt;
}

class SqliteLog final : public Log {
 public:
  static Result<std::unique_ptr<Log>> open(SqliteLogOptions options);
  ~SqliteLog() override;

  bool append(Decision decision) override;
  void append(Reward reward, std::function<void(Result<bool>)> done) override;
  std::optional<Decision> find_decision(std::string_view decision_id) override;
  std::vector<Decision> find_conversation(std::string_view conversation_hex) override;
  void flush() override;
  LogStats stats() const override;
  std::vector<LogTotals> totals() override;

 private:
  struct Answer {
    std::function<void(Result<bool>)> done;
    Result<bool> result;
  };

  explicit SqliteLog(SqliteLogOptions options)
      : options_(std::move(options)), queue_(options_.queue_max) {}

  void write();
  /// True when the writer has something to do now; sets when it must look again.
  bool due(Clock::time_point now, Clock::time_point& look_again) const;
  Result<Done> commit(const std::vector<LogEvent>& group, std::vector<LogWriter::Put>& puts);
  void finish(std::vector<LogEvent> group, const Result<Done>& committed,
              const std::vector<LogWriter::Put>& puts);
  void forget_pending(const std::shared_ptr<const Decision>& decision);
  void answer(std::function<void(Result<bool>)> done, Result<bool> result);

  const SqliteLogOptions options_;
  std::optional<SqliteDatabase> write_db_, read_db_;
  LogWriter writer_;
  std::mutex read_mutex_;
  LogTableReader reader_;

  mutable std::mutex mutex_;  ///< Guards all that follows.
  std::condition_variable wanted_, drained_;
  LogQueue queue_;
  std::unordered_map<std::string_view, std::shared_ptr<const Decision>>
      pending_;                  ///< Not durable yet.
  std::vector<Answer> answers_;  ///< To be given by the writer thread.
  Clock::time_point first_at_;   ///< When the queue began to fill.
  Clock::time_point retry_at_;
  std::chrono::milliseconds backoff_{0};
  std::optional<Error> failure_;    ///< Of the last commit.
  std::uint64_t flush_wanted_ = 0;  ///< Number of the last event that a flush waits for.
  std::uint64_t durable_to_ = 0;    ///< Numbers up to here are out of queue and writer.
  std::uint64_t attempts_failed_ = 0;
  bool stopping_ = false;
  LogStats stats_;

  std::thread thread_;
};

Result<std::unique_ptr<Log>> SqliteLog::open(SqliteLogOptions options) {
  std::unique_ptr<SqliteLog> log(new SqliteLog(std::move(options)));
  SqliteOptions sqlite;
  sqlite.sync = SqliteSync::kFull;
  sqlite.busy_ms = log->options_.busy_ms;
  sqlite.page_count_max = log->options_.page_count_max;
  Result<SqliteDatabase> write_db = open_log_database(log->options_.path, sqlite);
  if (!write_db) return write_db.error();
  log->write_db_.emplace(*std::move(write_db));
  Result<LogWriter> writer = LogWriter::prepare(*log->write_db_);
  if (!writer) return writer.error();
  log->writer_ = *std::move(writer);

  sqlite.read_only = true;
  sqlite.create = false;
  Result<SqliteDatabase> read_db = open_log_database(log->options_.path, sqlite);
  if (!read_db) return read_db.error();
  log->read_db_.emplace(*std::move(read_db));
  Result<LogTableReader> reader = LogTableReader::prepare(*log->read_db_);
  if (!reader) return reader.error();
  log->reader_ = *std::move(reader);

  log->thread_ = std::thread([self = log.get()] { self->write(); });
  return std::unique_ptr<Log>(std::move(log));
}

SqliteLog::~SqliteLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool SqliteLog::append(Decision decision) {
  for (std::string* name : {&decision.decision_id, &decision.conversation, &decision.tenant,
                            &decision.api, &decision.model, &decision.policy, &decision.status}) {
    tidy_name(*name);
  }
  LogEvent event;
  event.decision = std::make_shared<const Decision>(std::move(decision));
  const std::shared_ptr<const Decision> kept = event.decision;
  const std::lock_guard lock(mutex_);
  if (queue_.size() == 0) first_at_ = Clock::now();
  std::shared_ptr<const Decision> lost;
  const LogQueue::Put put = queue_.put(event, &lost);
  if (put != LogQueue::Put::kQueued) ++stats_.dropped;
  if (lost != nullptr) forget_pending(lost);
  if (put != LogQueue::Put::kRefused) pending_.try_emplace(kept->decision_id, kept);
  if (queue_.size() == 1 || queue_.size() >= options_.group_max) wanted_.notify_one();
  return put == LogQueue::Put::kQueued;
}

void SqliteLog::append(Reward reward, std::function<void(Result<bool>)> done) {
  tidy_name(reward.metric);
  tidy_name(reward.source);
  const std::optional<Error> fault = fault_of(reward);
  const std::lock_guard lock(mutex_);
  if (fault) {
    ++stats_.refused;
    answer(std::move(done), *fault);
    return;
  }
  if (queue_.size() == 0) first_at_ = Clock::now();
  LogEvent event;
  event.reward = std::move(reward);
  event.done = std::move(done);
  std::shared_ptr<const Decision> lost;
  if (queue_.put(event, &lost) == LogQueue::Put::kRefused) {
    ++stats_.refused;
    answer(std::move(event.done), Error{ErrorCode::kOverloaded, "the log's queue is full"});
    return;
  }
  if (lost != nullptr) {
    ++stats_.dropped;
    forget_pending(lost);
  }
  if (queue_.size() == 1 || queue_.size() >= options_.group_max || failure_) wanted_.notify_one();
}

void SqliteLog::answer(std::function<void(Result<bool>)> done, Result<bool> result) {
  if (!done) return;
  answers_.push_back({std::move(done), std::move(result)});
  wanted_.notify_one();
}

void SqliteLog::forget_pending(const std::shared_ptr<const Decision>& decision) {
  // Two decisions may have come with one id; the map's key lives in the one it holds.
  const auto at = pending_.find(decision->decision_id);
  if (at != pending_.end() && at->second == decision) pending_.erase(at);
}

std::optional<Decision> SqliteLog::find_decision(std::string_view decision_id) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = pending_.find(decision_id);
    if (at != pending_.end()) return *at->second;
  }
  const std::lock_guard lock(read_mutex_);
  Result<std::optional<Decision>> found = reader_.decision(decision_id);
  return found ? *std::move(found) : std::nullopt;
}

std::vector<Decision> SqliteLog::find_conversation(std::string_view conversation_hex) {
  // The queue first: what is committed between the two looks is then met twice, never missed.
  std::vector<Decision> queued;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, decision] : pending_) {
      if (decision->conversation == conversation_hex) queued.push_back(*decision);
    }
  }
  std::vector<Decision> all;
  {
    const std::lock_guard lock(read_mutex_);
    Result<std::vector<Decision>> found = reader_.conversation(conversation_hex);
    if (found) all = *std::move(found);
  }
  std::sort(queued.begin(), queued.end(), [](const Decision& a, const Decision& b) {
    return std::tie(a.t_us, a.decision_id) < std::tie(b.t_us, b.decision_id);
  });
  for (Decision& decision : queued) {
    const bool there = std::any_of(all.begin(), all.end(), [&](const Decision& other) {
      return other.decision_id == decision.decision_id;
    });
    if (!there) all.push_back(std::move(decision));
  }
  return all;
}

void SqliteLog::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t last = queue_.last_number();
  const std::uint64_t failed = attempts_failed_;
  flush_wanted_ = std::max(flush_wanted_, last);
  wanted_.notify_one();
  drained_.wait(lock, [&] { return durable_to_ >= last || attempts_failed_ != failed; });
}

LogStats SqliteLog::stats() const {
  const std::lock_guard lock(mutex_);
  LogStats stats = stats_;
  stats.queued = queue_.size();
  stats.failing = failure_.has_value();
  return stats;
}

std::vector<LogTotals> SqliteLog::totals() {
  const std::lock_guard lock(read_mutex_);
  Result<std::vector<LogTotals>> totals = reader_.totals();
  return totals ? *std::move(totals) : std::vector<LogTotals>();
}

bool SqliteLog::due(Clock::time_point now, Clock::time_point& look_again) const {
  look_again = now + std::chrono::hours(1);
  if (stopping_ || !answers_.empty() || flush_wanted_ > durable_to_) return true;
  if (queue_.size() == 0) return false;
  if (failure_) {
    if (queue_.has_rewards() || now >= retry_at_) return true;
    look_again = retry_at_;
    return false;
  }
  if (queue_.size() >= options_.group_max) return true;
  look_again = first_at_ + options_.group_window;
  return now >= look_again;
}

void SqliteLog::write() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Clock::time_point now = Clock::now(), look_again;
    while (!due(now, look_again)) {
      wanted_.wait_until(lock, look_again);
      now = Clock::now();
    }
    std::vector<Answer> answers = std::exchange(answers_, {});
    std::vector<LogEvent> group;
    std::vector<LogEvent> unheard;
    const bool forced = stopping_ || flush_wanted_ > durable_to_;
    if (failure_ && now < retry_at_ && !forced) {
      // Not durable soon: the sender keeps it and repeats it.
      unheard = queue_.take_rewards();
      stats_.refused += unheard.size();
    } else {
      group = queue_.take(options_.group_max);
      first_at_ = now;
    }
    const Error failure = failure_.value_or(Error{ErrorCode::kStorageFailed, ""});
    lock.unlock();

    for (Answer& one : answers) one.done(std::move(one.result));
    for (LogEvent& event : unheard) {
      if (event.done) event.done(failure);
    }
    Result<Done> committed = Done{};
    std::vector<LogWriter::Put> puts;
    if (!group.empty()) committed = commit(group, puts);
    const bool tried = !group.empty();
    if (tried) finish(std::move(group), committed, puts);

    lock.lock();
    const std::uint64_t first = queue_.first_number();
    durable_to_ = first == 0 ? queue_.last_number() : first - 1;
    if (tried && !committed) flush_wanted_ = 0;  // every flush has its answer: it failed
    drained_.notify_all();
    if (stopping_ && answers_.empty() && (queue_.size() == 0 || !committed)) {
      stats_.dropped += queue_.size();
      return;
    }
  }
}

Result<Done> SqliteLog::commit(const std::vector<LogEvent>& group,
                               std::vector<LogWriter::Put>& puts) {
  const Result<Done> done = write_db_->transaction([&]() -> Result<Done> {
    for (const LogEvent& event : group) {
      const Result<LogWriter::Put> put =
          event.decision != nullptr ? writer_.put(*event.decision) : writer_.put(event.reward);
      if (!put) return put.error();
      puts.push_back(*put);
    }
    return writer_.add_totals();
  });
  writer_.discard_totals();
  return done;
}

void SqliteLog::finish(std::vector<LogEvent> group, const Result<Done>& committed,
                       const std::vector<LogWriter::Put>& puts) {
  std::vector<Answer> answers;
  std::vector<LogEvent> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (committed) {
      ++stats_.commits;
      failure_.reset();
      backoff_ = std::chrono::milliseconds(0);
    } else {
      ++stats_.failures;
      ++attempts_failed_;
      failure_ = committed.error();
      backoff_ = std::clamp(backoff_ * 2, options_.retry_min, options_.retry_max);
      retry_at_ = Clock::now() + backoff_;
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      LogEvent& event = group[i];
      const bool is_decision = event.decision != nullptr;
      if (!committed) {
        if (is_decision) {
          waiting.push_back(std::move(event));
        } else {
          ++stats_.refused;
          answers.push_back({std::move(event.done), committed.error()});
        }
        continue;
      }
      if (puts[i] == LogWriter::Put::kNew) ++(is_decision ? stats_.decisions : stats_.rewards);
      if (puts[i] == LogWriter::Put::kDuplicate) ++stats_.duplicates;
      if (puts[i] == LogWriter::Put::kImpossible) ++stats_.refused;
      if (is_decision) {
        forget_pending(event.decision);
      } else if (puts[i] == LogWriter::Put::kImpossible) {
        answers.push_back({std::move(event.done),
                           Error{ErrorCode::kInvalidArgument, "reward: impossible value"}});
      } else {
        answers.push_back({std::move(event.done), puts[i] == LogWriter::Put::kNew});
      }
    }
    queue_.give_back(std::move(waiting));
  }
  for (Answer& one : answers) {
    if (one.done) one.done(std::move(one.result));
  }
}

}  // namespace

Result<std::unique_ptr<Log>> open_sqlite_log(SqliteLogOptions options) {
  return SqliteLog::open(std::move(options));
}

Result<std::unique_ptr<Log>> open_sqlite_log(const std::string& path) {
  SqliteLogOptions options;
  options.path = path;
  return SqliteLog::open(std::move(options));
}

}  // namespace pith
