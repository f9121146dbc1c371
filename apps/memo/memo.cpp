#include "apps/memo/memo.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "apps/memo/memo_cache.h"
#include "apps/memo/memo_store.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;
using Form = MemoCache::Form;

constexpr std::size_t kGroupMax = 256;   // requests in one transaction
constexpr int kPruneConversations = 64;  // looked at in one piece of pruning
constexpr int kSweepForms = 128;         // deleted in one piece: well under a millisecond
constexpr int kCheckpointPages = 1000;   // 4 MiB of WAL: the keeper starts copying
constexpr int kWalPagesMax = 16'384;     // 64 MiB of WAL: the writer waits for a restart
constexpr std::int64_t kDayUs = 86'400'000'000;

std::int64_t system_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// One commit() on its way through the writer.
struct Job {
  KeyedHash conversation{};
  ConversationStart start;
  std::vector<std::pair<KeyedHash, SentForm>> texts;
  std::function<void(Result<std::vector<SentForm>>)> done;
  // Filled in by the writer:
  std::int64_t id = 0;
  std::vector<std::pair<KeyedHash, Form>> standing;
};

}  // namespace

class Memo::Impl {
 public:
  static Result<std::unique_ptr<Impl>> open(Options options);
  ~Impl();

  Result<MemoCache::Found> find(const KeyedHash& conversation, std::span<const KeyedHash> texts);
  void commit(Job job);
  std::uint64_t prune();
  std::uint64_t rows() const { return static_cast<std::uint64_t>(rows_.load()); }
  MemoCounters counters() const;

 private:
  explicit Impl(Options options) : options_(std::move(options)), cache_(options_.cache_bytes) {}

  std::int64_t today() const { return options_.now_us() / kDayUs; }

  // The writer thread.
  void write();
  void commit_group(std::vector<Job>& group, const std::vector<KeyedHash>& touches);
  Result<std::int64_t> write_job(Job& job, std::int64_t day);
  void start_pruning() {
    pruning_ = Pruning::kForget;
    prune_cursor_ = 0;
  }
  /// One piece of pruning; false when there is nothing more to do.
  bool prune_piece();
  void limit_wal();
  // The keeper thread: copies the WAL into the database, so that no commit waits for the disk.
  void keep();

  Options options_;
  MemoCache cache_;

  std::optional<SqliteDatabase> write_db_, read_db_, keep_db_;
  MemoWriter writer_;
  std::mutex read_mutex_;  ///< Guards reader_, and the whole connection when it is the writer's
                           ///< (":memory:").
  MemoReader reader_;
  bool shared_connection_ = false;

  mutable std::mutex queue_mutex_;
  std::condition_variable queue_filled_, prune_ended_;
  std::deque<Job> queue_;
  std::vector<KeyedHash> touches_;
  bool stopping_ = false;
  std::uint64_t prunes_wanted_ = 0, prunes_done_ = 0;

  // The writer's own.
  enum class Pruning : std::uint8_t { kIdle, kForget, kSweep };
  Pruning pruning_ = Pruning::kIdle;
  std::int64_t prune_cursor_ = 0;
  Clock::time_point prune_at_;

  std::mutex keeper_mutex_;
  std::condition_variable keeper_wanted_;
  bool keeper_stopping_ = false, checkpoint_wanted_ = false;
  int wal_pages_ = 0;
  std::function<void(int)> on_wal_;

  std::atomic<std::int64_t> rows_{0};
  std::atomic<std::uint64_t> hits_{0}, loads_{0}, commits_{0}, requests_{0}, failures_{0},
      pruned_{0};
  std::thread writer_thread_, keeper_thread_;
};

Result<std::unique_ptr<Memo::Impl>> Memo::Impl::open(Options options) {
  if (!options.now_us) options.now_us = system_now_us;
  std::unique_ptr<Impl> impl(new Impl(std::move(options)));
  const std::string& path = impl->options_.path;
  Result<SqliteDatabase> db = open_memo_database(impl->options_);
  if (!db) return db.error();
  impl->write_db_.emplace(*std::move(db));
  Result<MemoWriter> writer = MemoWriter::prepare(*impl->write_db_);
  if (!writer) return writer.error();
  impl->writer_ = *std::move(writer);

  impl->shared_connection_ = path == ":memory:";
  if (!impl->shared_connection_) {
    SqliteOptions other;
    other.create = false;
    Result<SqliteDatabase> keep_db = SqliteDatabase::open(path, other);
    if (!keep_db) return keep_db.error();
    impl->keep_db_.emplace(*std::move(keep_db));
    other.read_only = true;
    Result<SqliteDatabase> read_db = SqliteDatabase::open(path, other);
    if (!read_db) return read_db.error();
    impl->read_db_.emplace(*std::move(read_db));
    impl->on_wal_ = [self = impl.get()](int pages) {
      self->wal_pages_ = pages;
      if (pages < kCheckpointPages) return;
      const std::lock_guard lock(self->keeper_mutex_);
      self->checkpoint_wanted_ = true;
      self->keeper_wanted_.notify_one();
    };
    impl->write_db_->checkpoint_by_hand(&impl->on_wal_);
  }
  Result<MemoReader> reader =
      MemoReader::prepare(impl->shared_connection_ ? *impl->write_db_ : *impl->read_db_);
  if (!reader) return reader.error();
  impl->reader_ = *std::move(reader);
  const Result<std::uint64_t> rows = impl->reader_.rows();
  if (!rows) return rows.error();
  impl->rows_ = static_cast<std::int64_t>(*rows);

  impl->prune_at_ = Clock::now() + impl->options_.prune_every;
  impl->writer_thread_ = std::thread([self = impl.get()] { self->write(); });
  if (impl->keep_db_) impl->keeper_thread_ = std::thread([self = impl.get()] { self->keep(); });
  return impl;
}

Memo::Impl::~Impl() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  queue_filled_.notify_all();
  if (writer_thread_.joinable()) writer_thread_.join();
  {
    const std::lock_guard lock(keeper_mutex_);
    keeper_stopping_ = true;
  }
  keeper_wanted_.notify_all();
  if (keeper_thread_.joinable()) keeper_thread_.join();
}

Result<MemoCache::Found> Memo::Impl::find(const KeyedHash& conversation,
                                          std::span<const KeyedHash> texts) {
  const std::int64_t day = today();
  std::optional<MemoCache::Found> found = cache_.find_or_begin_load(conversation, texts, day);
  if (found) {
    hits_.fetch_add(1, std::memory_order_relaxed);
  } else {
    loads_.fetch_add(1, std::memory_order_relaxed);
    std::unique_lock lock(read_mutex_);
    Result<StoredConversation> stored = reader_.load(conversation);
    lock.unlock();
    if (!stored) {
      cache_.abandon_load(conversation);
      return stored.error();
    }
    found = cache_.end_load(conversation, *std::move(stored), texts, day);
  }
  if (found->touch_due) {
    const std::lock_guard lock(queue_mutex_);
    touches_.push_back(conversation);
    queue_filled_.notify_one();
  }
  return *std::move(found);
}

void Memo::Impl::commit(Job job) {
  const std::lock_guard lock(queue_mutex_);
  assert(!stopping_);
  queue_.push_back(std::move(job));
  queue_filled_.notify_one();
}

std::uint64_t Memo::Impl::prune() {
  const std::uint64_t before = pruned_;
  std::unique_lock lock(queue_mutex_);
  const std::uint64_t mine = ++prunes_wanted_;
  queue_filled_.notify_one();
  prune_ended_.wait(lock, [&] { return prunes_done_ >= mine; });
  return pruned_ - before;
}

MemoCounters Memo::Impl::counters() const {
  MemoCounters counters{hits_, loads_, commits_, requests_, failures_, pruned_, cache_.bytes(), 0};
  const std::lock_guard lock(queue_mutex_);
  counters.queued = queue_.size();
  return counters;
}

void Memo::Impl::write() {
  std::unique_lock lock(queue_mutex_);
  for (;;) {
    // A request is committed at once when the writer is idle; what comes meanwhile makes the next
    // group.
    const bool work = queue_filled_.wait_until(lock, prune_at_, [&] {
      return stopping_ || !queue_.empty() || !touches_.empty() || prunes_wanted_ > prunes_done_;
    });
    std::vector<Job> group;
    while (!queue_.empty() && group.size() < kGroupMax) {
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    const std::vector<KeyedHash> touches = std::exchange(touches_, {});
    const bool stop = stopping_ && group.empty() && touches.empty();
    const std::uint64_t asked = prunes_wanted_;
    const bool was_asked = asked > prunes_done_;
    lock.unlock();

    if (!group.empty() || !touches.empty()) {
      commit_group(group, touches);
    } else if (was_asked && !stop) {
      start_pruning();
      while (prune_piece()) {
      }
      lock.lock();
      prunes_done_ = asked;
      prune_ended_.notify_all();
      continue;
    } else if (!work) {
      // One piece, then a look at the queue: a request waits for one piece at most.
      if (pruning_ == Pruning::kIdle) start_pruning();
      prune_at_ = prune_piece() ? Clock::now() + std::chrono::milliseconds(2)
                                : Clock::now() + options_.prune_every;
    }
    lock.lock();
    if (stop) {
      prunes_done_ = prunes_wanted_;
      prune_ended_.notify_all();
      return;
    }
  }
}

void Memo::Impl::commit_group(std::vector<Job>& group, const std::vector<KeyedHash>& touches) {
  const std::int64_t day = today();
  std::unique_lock<std::mutex> connection(read_mutex_, std::defer_lock);
  if (shared_connection_) connection.lock();
  std::int64_t new_rows = 0;
  const Result<Done> committed = write_db_->transaction([&]() -> Result<Done> {
    for (Job& job : group) {
      const Result<std::int64_t> added = write_job(job, day);
      if (!added) return added.error();
      new_rows += *added;
    }
    for (const KeyedHash& conversation : touches) {
      if (Result<Done> touched = writer_.touch(conversation, day); !touched) return touched;
    }
    return new_rows > 0 ? writer_.add_rows(new_rows) : Result<Done>(Done{});
  });
  if (shared_connection_) connection.unlock();

  for (const KeyedHash& conversation : touches) cache_.touched(conversation);
  if (committed) {
    commits_.fetch_add(1, std::memory_order_relaxed);
    requests_.fetch_add(group.size(), std::memory_order_relaxed);
    rows_.fetch_add(new_rows, std::memory_order_relaxed);
    // The cache first: whoever is told that a form stands must find it.
    for (const Job& job : group) {
      cache_.committed(job.conversation, job.id, job.start, day, job.standing);
    }
  } else {
    failures_.fetch_add(group.size(), std::memory_order_relaxed);
  }
  for (Job& job : group) {
    if (!job.done) continue;
    if (!committed) {
      job.done(committed.error());
      continue;
    }
    std::vector<SentForm> forms;
    forms.reserve(job.standing.size());
    for (const auto& [text, form] : job.standing) forms.push_back(*form);
    job.done(std::move(forms));
  }
  if (committed) limit_wal();
}

Result<std::int64_t> Memo::Impl::write_job(Job& job, std::int64_t day) {
  job.id = cache_.id_of(job.conversation);
  if (job.id == 0) {
    Result<MemoWriter::Conversation> conversation =
        writer_.put_conversation(job.conversation, job.start, day);
    if (!conversation) return conversation.error();
    job.id = conversation->id;
    job.start = std::move(conversation->start);
  }
  std::int64_t added = 0;
  job.standing.reserve(job.texts.size());
  for (auto& [text, form] : job.texts) {
    Result<Form> winner = writer_.put_text(job.id, text, form);
    if (!winner) return winner.error();
    if (*winner == nullptr) {
      winner = std::make_shared<const SentForm>(std::move(form));
      ++added;
    }
    job.standing.emplace_back(text, *std::move(winner));
  }
  return added;
}

bool Memo::Impl::prune_piece() {
  std::unique_lock<std::mutex> connection(read_mutex_, std::defer_lock);
  if (shared_connection_) connection.lock();
  if (pruning_ == Pruning::kForget) {
    const std::int64_t day = today() - options_.keep_days;
    const Result<std::vector<MemoWriter::Old>> old =
        writer_.untouched_since(day, prune_cursor_, kPruneConversations);
    if (!old) {
      pruning_ = Pruning::kIdle;
      return false;
    }
    if (prune_cursor_ == 0) pruning_ = Pruning::kSweep;
    bool failed = false;
    // Under the cache's lock, so that no request can meet a conversation that is half forgotten.
    // This is one row per conversation; the many rows of forms go afterwards, when nothing points
    // to them.
    cache_.forget(*old, day, [&](const std::vector<MemoWriter::Old>& unused) {
      const Result<Done> forgotten = write_db_->transaction([&]() -> Result<Done> {
        for (const MemoWriter::Old& one : unused) {
          if (Result<Done> done = writer_.forget(one.id); !done) return done;
        }
        return Done{};
      });
      failed = !forgotten;
      if (forgotten) pruned_.fetch_add(unused.size(), std::memory_order_relaxed);
    });
    if (failed) pruning_ = Pruning::kIdle;  // a full disk: try again at the next round
    return !failed;
  }
  std::optional<std::int64_t> swept;
  const Result<Done> done = write_db_->transaction([&]() -> Result<Done> {
    Result<std::optional<std::int64_t>> gone = writer_.sweep(kSweepForms);
    if (!gone) return gone.error();
    swept = *gone;
    return Done{};
  });
  if (!done || !swept) {
    pruning_ = Pruning::kIdle;
    return false;
  }
  rows_.fetch_sub(*swept, std::memory_order_relaxed);
  return true;
}

void Memo::Impl::limit_wal() {
  if (wal_pages_ < kWalPagesMax) return;
  // The keeper has copied most of it; without a pause of the load only a restart lets the file
  // begin anew.
  wal_pages_ = 0;
  (void)write_db_->checkpoint(/*restart=*/true);
}

void Memo::Impl::keep() {
  std::unique_lock lock(keeper_mutex_);
  for (;;) {
    keeper_wanted_.wait(lock, [&] { return keeper_stopping_ || checkpoint_wanted_; });
    if (keeper_stopping_) return;
    checkpoint_wanted_ = false;
    lock.unlock();
    (void)keep_db_->checkpoint(
        /*restart=*/false);  // a failure here shows as a growing WAL, then in the writer
    lock.lock();
  }
}

Memo::Memo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Memo::~Memo() = default;

Result<std::unique_ptr<Memo>> Memo::open(Options options) {
  Result<std::unique_ptr<Impl>> impl = Impl::open(std::move(options));
  if (!impl) return impl.error();
  return std::unique_ptr<Memo>(new Memo(*std::move(impl)));
}

Result<std::vector<std::optional<SentForm>>> Memo::find(const KeyedHash& conversation,
                                                        const std::vector<KeyedHash>& texts) {
  const Result<MemoCache::Found> found = impl_->find(conversation, texts);
  if (!found) return found.error();
  std::vector<std::optional<SentForm>> forms(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (found->forms[i] != nullptr) forms[i] = *found->forms[i];
  }
  return forms;
}

Result<std::optional<ConversationStart>> Memo::find_conversation(const KeyedHash& conversation) {
  Result<MemoCache::Found> found = impl_->find(conversation, {});
  if (!found) return found.error();
  return std::move(found->start);
}

void Memo::commit(const KeyedHash& conversation, ConversationStart start,
                  std::vector<std::pair<KeyedHash, SentForm>> texts,
                  std::function<void(Result<std::vector<SentForm>>)> done) {
  Job job;
  job.conversation = conversation;
  job.start = std::move(start);
  job.texts = std::move(texts);
  job.done = std::move(done);
  impl_->commit(std::move(job));
}

std::uint64_t Memo::rows() const { return impl_->rows(); }
MemoCounters Memo::counters() const { return impl_->counters(); }
std::uint64_t Memo::prune() { return impl_->prune(); }

}  // namespace pith
