#include "stages/score/encoder_policy.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "stages/score/word_logits.h"

namespace pith {
namespace {

/// Rows that a product needs to be at its best; a chunk may be longer.
constexpr std::size_t kGroupIds = 512;

/// Of an item's logits, those of a chunk: the item and its place there.
struct Wanted {
  std::size_t chunk = 0;
  PieceRange pieces;
};

}  // namespace

struct EncoderPolicy::Chunk {
  EncoderChunk input;
  ChunkKey key;
  ScoreMemo::Scores logits;  ///< keep - drop, of each piece. Null: nobody waited for it any more.
  std::vector<const ScoreLimits*> wanted_by;

  bool abandoned() const {
    return std::all_of(wanted_by.begin(), wanted_by.end(),
                       [](const ScoreLimits* limits) { return stop_reason(*limits).has_value(); });
  }
};

EncoderPolicy::EncoderPolicy(std::shared_ptr<const Encoder> encoder,
                             std::shared_ptr<const Tokenizer> tokenizer, ChunkSpecials specials,
                             std::string id, std::string name, std::size_t memo_bytes,
                             std::optional<LinearModel> words)
    : encoder_(std::move(encoder)),
      tokenizer_(std::move(tokenizer)),
      specials_(specials),
      id_(std::move(id)),
      name_(std::move(name)),
      memo_(memo_bytes),
      words_(std::move(words)) {
  assert(encoder_->config().num_labels == 2);
  assert(encoder_->config().length_max() > 2);
}

Result<Done> EncoderPolicy::score(std::span<ScoreItem> batch, const ScoreLimits& limits) const {
  if (auto reason = stop_reason(limits)) return *std::move(reason);
  std::vector<Chunk> chunks;
  std::vector<std::vector<Wanted>> wanted(batch.size());
  // A text may come twice, and texts may share chunks.
  std::unordered_map<ChunkKey, std::size_t, ChunkKeyHash> known;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].stopped = false;
    const StopCheck stop = stop_check(limits, batch[i].limits);
    std::vector<EncoderChunk> inputs =
        encoder_chunks(batch[i].text, *batch[i].segment, encoder_->config(), specials_, stop);
    if (encoder_->config().features_per_piece > 0 && stop()) {  // They may not be whole.
      if (auto reason = stop_reason(limits)) return *std::move(reason);
      batch[i].stopped = true;
      continue;
    }
    for (EncoderChunk& input : inputs) {
      const PieceRange range = input.pieces;
      Chunk chunk;
      chunk.input = std::move(input);
      chunk.key = ChunkKey::of(chunk.input.ids, chunk.input.features);
      const auto [place, is_new] = known.emplace(chunk.key, chunks.size());
      wanted[i].push_back({place->second, range});
      if (is_new) chunks.push_back(std::move(chunk));
      chunks[place->second].wanted_by.push_back(&batch[i].limits);
    }
  }
  std::vector<Chunk*> missing;
  for (Chunk& chunk : chunks) {
    chunk.logits = memo_.find(chunk.key);
    if (chunk.logits == nullptr) missing.push_back(&chunk);
  }
  if (const auto done = run(missing, limits); !done) return done.error();
  std::vector<float> logits;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    logits.clear();
    const bool incomplete =
        std::any_of(wanted[i].begin(), wanted[i].end(),
                    [&](const Wanted& part) { return chunks[part.chunk].logits == nullptr; });
    batch[i].stopped = batch[i].stopped || incomplete;
    if (batch[i].stopped) continue;
    for (const Wanted& part : wanted[i]) {
      const std::vector<float>& of_chunk = *chunks[part.chunk].logits;
      assert(of_chunk.size() == part.pieces.end - part.pieces.begin);
      logits.insert(logits.end(), of_chunk.begin(), of_chunk.end());
    }
    batch[i].keep_prob = word_logits(*batch[i].segment, logits);
    if (words_) {
      const auto added = words_->word_logits(batch[i].text, batch[i].segment->words,
                                             stop_check(limits, batch[i].limits), batch[i].query);
      if (!added) {
        if (auto reason = stop_reason(limits)) return *std::move(reason);
        batch[i].keep_prob.clear();
        batch[i].stopped = true;
        continue;
      }
      for (std::size_t word = 0; word < added->size(); ++word) {
        batch[i].keep_prob[word] += (*added)[word];
      }
    }
    for (float& value : batch[i].keep_prob) value = keep_probability(value);
  }
  return Done{};
}

Result<Done> EncoderPolicy::run(std::span<Chunk* const> chunks, const ScoreLimits& limits) const {
  std::vector<std::span<Chunk* const>> groups;
  for (std::size_t begin = 0; begin < chunks.size();) {
    std::size_t end = begin;
    std::size_t num_ids = 0;
    do {
      num_ids += chunks[end++]->input.ids.size();
    } while (end < chunks.size() && num_ids + chunks[end]->input.ids.size() <= kGroupIds);
    groups.push_back(chunks.subspan(begin, end - begin));
    begin = end;
  }
  std::mutex mutex;
  std::optional<Error> failed;
  std::atomic<bool> give_up = false;  // One group failed: the others' work would be in vain.
  const auto run_one = [&](std::size_t index) {
    const std::span<Chunk* const> group = groups[index];
    const auto abandoned = [&group] {
      return std::all_of(group.begin(), group.end(),
                         [](const Chunk* chunk) { return chunk->abandoned(); });
    };
    const StopCheck stop = [&]() -> std::optional<Error> {
      if (give_up.load(std::memory_order_relaxed)) {
        return Error{ErrorCode::kCancelled, "another part of the batch failed"};
      }
      if (auto reason = stop_reason(limits)) return reason;
      if (abandoned()) return Error{ErrorCode::kCancelled, "nobody waits for this part"};
      return std::nullopt;
    };
    if (give_up.load(std::memory_order_relaxed)) return;
    const auto done = run_group(group, stop);
    if (done || (!stop_reason(limits) && abandoned())) return;
    const std::lock_guard lock(mutex);
    if (!failed) failed = done.error();
    give_up = true;
  };
  if (groups.size() == 1) {
    run_one(0);
  } else if (!groups.empty()) {
    // Isolated: a thread that waits here for its last group must not begin another prompt.
    tbb::this_task_arena::isolate([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, groups.size(), 1),
          [&](const tbb::blocked_range<std::size_t>& range) {
            for (std::size_t group = range.begin(); group < range.end(); ++group) run_one(group);
          },
          tbb::simple_partitioner());
    });
  }
  if (failed) return *std::move(failed);
  return Done{};
}

Result<Done> EncoderPolicy::run_group(std::span<Chunk* const> group, const StopCheck& stop) const {
  std::vector<std::vector<std::int32_t>> positions;
  std::vector<EncoderSequence> sequences;
  positions.reserve(group.size());
  for (const Chunk* chunk : group) {
    positions.push_back(position_ids(encoder_->config(), chunk->input.ids));
    sequences.push_back({chunk->input.ids, positions.back(), chunk->input.features});
  }
  const auto labels = encoder_->forward(sequences, stop);
  if (!labels) return labels.error();
  const float* row = labels->data();
  for (Chunk* chunk : group) {
    const std::size_t num_pieces = chunk->input.ids.size() - 2;
    std::vector<float> logits(num_pieces);
    row += 2;  // The special in front.
    for (float& logit : logits) {
      logit = row[1] - row[0];
      row += 2;
    }
    row += 2;
    chunk->logits = std::make_shared<const std::vector<float>>(std::move(logits));
    memo_.store(chunk->key, chunk->logits);
  }
  return Done{};
}

}  // namespace pith
