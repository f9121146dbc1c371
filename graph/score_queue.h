// Where tokenized prompts wait for the score node, so that it can take several at once.
#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "graph/prompt_work.h"

namespace pith {

/// What a score body takes: prompts of one policy to be scored together, and prompts that are not
/// worth it any more.
struct ScoreBatch {
  std::vector<Edge<TokenizedWork>> prompts;
  std::vector<std::pair<Edge<AdmittedPrompt>, Error>>
      stopped;  ///< Cancelled or past their deadline.
};

/// Thread-safe. Live prompts go before shadow ones; within each, first come, first served.
class ScoreQueue {
 public:
  /// `workers` share what waits: a batch takes at most its part of the queue, so that no worker is
  /// left idle.
  ScoreQueue(std::uint32_t requests_max, std::uint64_t tokens_max, std::uint32_t workers)
      : requests_max_(requests_max), tokens_max_(tokens_max), workers_(workers) {}

  void push(Edge<TokenizedWork> prompt);

  /// Takes all stopped prompts and then as many as requests_max and tokens_max allow, packed, never
  /// padded; at least one when any waits, also when it alone is longer than tokens_max. Both may be
  /// empty: an earlier batch took them.
  ScoreBatch pop();

 private:
  void take_stopped(std::deque<Edge<TokenizedWork>>& from, ScoreBatch& batch);
  void take_fitting(std::deque<Edge<TokenizedWork>>& from, std::size_t share, ScoreBatch& batch,
                    std::uint64_t& num_tokens);

  const std::uint32_t requests_max_;
  const std::uint64_t tokens_max_;
  const std::uint32_t workers_;
  std::mutex mutex_;
  std::deque<Edge<TokenizedWork>> live_, shadow_;
};

}  // namespace pith
