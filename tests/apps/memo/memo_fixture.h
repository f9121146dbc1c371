// What the memo's tests share: seeded forms, and a commit that waits.
#pragma once

#include <future>
#include <string>

#include "apps/memo/memo.h"
#include "tests/temporary_dir.h"

namespace pith {

inline KeyedHash hash_of(const std::string& text) {
  static const HashKey key{{}};
  return key.of({text});
}

/// A form that differs by seed, with spans of many sizes.
inline SentForm seeded_form(std::uint32_t seed) {
  SentForm form;
  form.raw = seed % 5 == 0;
  form.origin_tokens = 10 + seed;
  form.compressed_tokens = form.raw ? form.origin_tokens : 5 + seed / 2;
  if (!form.raw) {
    std::uint32_t at = seed % 3;
    for (std::uint32_t i = 0; i < seed % 40 + 1; ++i) {
      const std::uint32_t length = 1 + (seed * 31 + i * 17) % 300;
      form.kept.push_back({at, at + length});
      at += length + (seed + i) % 200 + 1;
    }
    if (seed % 7 == 0) form.markers = {{form.kept[0].end, 2 + seed}, {at, 3}};
  }
  form.decision_id = "0190b5a0-7c3e-7d4f-8a1b-" + std::to_string(100'000'000'000 + seed);
  return form;
}

inline Result<std::vector<SentForm>> commit_now(Memo& memo, const KeyedHash& conversation,
                                                const ConversationStart& start,
                                                std::vector<std::pair<KeyedHash, SentForm>> texts) {
  std::promise<Result<std::vector<SentForm>>> promise;
  memo.commit(conversation, start, std::move(texts),
              [&](Result<std::vector<SentForm>> forms) { promise.set_value(std::move(forms)); });
  return promise.get_future().get();
}

inline std::unique_ptr<Memo> open_memo(Memo::Options options) {
  Result<std::unique_ptr<Memo>> memo = Memo::open(std::move(options));
  return memo ? *std::move(memo) : nullptr;
}

inline std::unique_ptr<Memo> open_memo(const std::string& path) {
  Memo::Options options;
  options.path = path;
  return open_memo(std::move(options));
}

}  // namespace pith
