#include "apps/reader/answer_cache.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "messages/channel/endpoint.h"

namespace pith {
namespace {

constexpr std::uint32_t kApplicationId = 0x50495452;  // "PITR"
constexpr std::array<const char*, 1> kSchema = {R"sql(
CREATE TABLE answer (
  key BLOB PRIMARY KEY,
  text TEXT NOT NULL,
  latency_us INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL
) WITHOUT ROWID;
)sql"};

}  // namespace

AnswerKey answer_key(std::string_view url, std::string_view body) {
  const std::string whole = std::string(url) + "\n" + std::string(body);
  AnswerKey key{};
  unsigned size = 0;
  // Only a broken OpenSSL cannot hash: then no answer could be kept apart from another.
  if (EVP_Digest(whole.data(), whole.size(), key.data(), &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return key;
}

Result<std::unique_ptr<AnswerCache>> AnswerCache::open(const std::string& path) {
  if (path.find('/') != std::string::npos) {
    if (const auto made = make_private_directory(path); !made) return made.error();
  }
  auto db = SqliteDatabase::open(path, {});
  if (!db) return db.error();
  std::unique_ptr<AnswerCache> cache(new AnswerCache(std::move(*db)));
  if (const auto done = cache->db_.migrate(kApplicationId, kSchema); !done) return done.error();
  auto find = cache->db_.prepare(
      "SELECT text, latency_us, prompt_tokens, completion_tokens FROM answer WHERE key = ?1");
  if (!find) return find.error();
  cache->find_ = std::move(*find);
  auto keep = cache->db_.prepare("INSERT OR REPLACE INTO answer VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!keep) return keep.error();
  cache->keep_ = std::move(*keep);
  return cache;
}

Result<std::optional<ReaderAnswer>> AnswerCache::find(const AnswerKey& key) {
  const std::scoped_lock lock(mutex_);
  const ResetLater reset(find_);
  find_.bind_blob(1, key);
  const Result<bool> row = find_.step();
  if (!row) return row.error();
  if (!*row) return std::optional<ReaderAnswer>();
  return std::optional(ReaderAnswer{.text = std::string(find_.text_at(0)),
                                    .latency_us = find_.int_at(1),
                                    .prompt_tokens = find_.int_at(2),
                                    .completion_tokens = find_.int_at(3),
                                    .cached = true});
}

Result<Done> AnswerCache::keep(const AnswerKey& key, const ReaderAnswer& answer) {
  const std::scoped_lock lock(mutex_);
  keep_.bind_blob(1, key)
      .bind_text(2, answer.text)
      .bind(3, answer.latency_us)
      .bind(4, answer.prompt_tokens)
      .bind(5, answer.completion_tokens);
  return keep_.run();
}

}  // namespace pith
