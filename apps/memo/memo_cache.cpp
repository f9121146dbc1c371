#include "apps/memo/memo_cache.h"

#include <cstring>

namespace pith {
namespace {

// With the nodes, buckets and control blocks of the containers, about.
constexpr std::size_t kEntryBytes = 320;
constexpr std::size_t kFormBytes = sizeof(SentForm) + 96;

std::size_t bytes_of(const SentForm& form) {
  return kFormBytes + form.kept.capacity() * sizeof(ByteSpan) +
         form.markers.capacity() * sizeof(RepeatMarker) + form.decision_id.capacity();
}

}  // namespace

std::size_t KeyedHashHash::operator()(const KeyedHash& hash) const {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

std::optional<MemoCache::Found> MemoCache::find_or_begin_load(const KeyedHash& conversation,
                                                              std::span<const KeyedHash> texts,
                                                              std::int64_t day) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = entries_.try_emplace(conversation);
  Entry& entry = at->second;
  if (is_new) {
    by_use_.push_front(conversation);
    entry.place = by_use_.begin();
    entry.bytes = kEntryBytes;
    bytes_ += kEntryBytes;
  } else {
    by_use_.splice(by_use_.begin(), by_use_, entry.place);
  }
  if (entry.loaded) return look(conversation, entry, texts, day);
  ++entry.loaders;
  return std::nullopt;
}

MemoCache::Found MemoCache::end_load(const KeyedHash& conversation, StoredConversation stored,
                                     std::span<const KeyedHash> texts, std::int64_t day) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(conversation);
  assert(at != entries_.end() && at->second.loaders > 0);
  Entry& entry = at->second;
  --entry.loaders;
  if (!entry.loaded) {
    entry.loaded = true;
    // The writer may have been here since; what it wrote is as true as what was read.
    if (stored.id != 0 && entry.id == 0) {
      entry.id = stored.id;
      entry.start = std::move(stored.start);
      entry.touched_day = stored.touched_day;
    }
    for (const auto& [text, form] : stored.forms) add(entry, text, form);
  }
  Found found = look(conversation, entry, texts, day);
  evict();
  return found;
}

void MemoCache::abandon_load(const KeyedHash& conversation) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(conversation);
  assert(at != entries_.end() && at->second.loaders > 0);
  if (--at->second.loaders == 0 && !at->second.loaded) drop(conversation);
}

MemoCache::Found MemoCache::look(const KeyedHash& conversation, Entry& entry,
                                 std::span<const KeyedHash> texts, std::int64_t day) {
  Found found;
  found.forms.reserve(texts.size());
  for (const KeyedHash& text : texts) {
    const auto at = entry.forms.find(text);
    found.forms.push_back(at != entry.forms.end() ? at->second : Form());
  }
  if (entry.id != 0) {
    found.start = entry.start;
    if (entry.touched_day < day) {
      entry.touched_day = day;
      found.touch_due = true;
      touching_.insert(conversation);
    }
  }
  return found;
}

std::int64_t MemoCache::id_of(const KeyedHash& conversation) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(conversation);
  return at != entries_.end() && at->second.loaded ? at->second.id : 0;
}

void MemoCache::committed(const KeyedHash& conversation, std::int64_t id,
                          const ConversationStart& start, std::int64_t day,
                          const std::vector<std::pair<KeyedHash, Form>>& texts) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(conversation);
  if (at == entries_.end()) return;  // evicted: the next find() reads the database
  Entry& entry = at->second;
  if (entry.id == 0) {
    entry.id = id;
    entry.start = start;
    entry.touched_day = day;
  }
  for (const auto& [text, form] : texts) add(entry, text, form);
  evict();
}

void MemoCache::touched(const KeyedHash& conversation) {
  const std::lock_guard lock(mutex_);
  touching_.erase(conversation);
}

void MemoCache::forget(std::vector<MemoWriter::Old> old, std::int64_t day,
                       const std::function<void(const std::vector<MemoWriter::Old>&)>& erase) {
  const std::lock_guard lock(mutex_);
  std::erase_if(old, [&](const MemoWriter::Old& one) {
    if (touching_.contains(one.hash)) return true;
    const auto at = entries_.find(one.hash);
    if (at == entries_.end()) return false;
    return at->second.loaders > 0 || at->second.touched_day >= day;
  });
  if (old.empty()) return;
  for (const MemoWriter::Old& one : old) {
    if (entries_.contains(one.hash)) drop(one.hash);
  }
  erase(old);
}

std::size_t MemoCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void MemoCache::add(Entry& entry, const KeyedHash& text, const Form& form) {
  if (!entry.forms.try_emplace(text, form).second) return;
  const std::size_t bytes = bytes_of(*form);
  entry.bytes += bytes;
  bytes_ += bytes;
}

void MemoCache::drop(const KeyedHash& conversation) {
  const auto at = entries_.find(conversation);
  bytes_ -= at->second.bytes;
  by_use_.erase(at->second.place);
  entries_.erase(at);
}

void MemoCache::evict() {
  auto place = by_use_.end();
  while (bytes_ > bytes_max_ && place != by_use_.begin()) {
    --place;
    const KeyedHash conversation = *place;
    if (entries_.at(conversation).loaders > 0) continue;
    ++place;  // drop() invalidates only the dropped one
    drop(conversation);
  }
}

}  // namespace pith
