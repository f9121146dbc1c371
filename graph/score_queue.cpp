#include "graph/score_queue.h"

#include <algorithm>

namespace pith {

void ScoreQueue::push(Edge<TokenizedWork> prompt) {
  const bool live = prompt->admitted->job.request->priority == Priority::kLive;
  const std::lock_guard lock(mutex_);
  (live ? live_ : shadow_).push_back(std::move(prompt));
}

ScoreBatch ScoreQueue::pop() {
  ScoreBatch batch;
  const std::lock_guard lock(mutex_);
  take_stopped(live_, batch);
  take_stopped(shadow_, batch);
  const std::size_t waiting = live_.size() + shadow_.size();
  const std::size_t share =
      std::min<std::size_t>(requests_max_, (waiting + workers_ - 1) / workers_);
  std::uint64_t num_tokens = 0;
  take_fitting(live_, share, batch, num_tokens);
  take_fitting(shadow_, share, batch, num_tokens);
  return batch;
}

void ScoreQueue::take_stopped(std::deque<Edge<TokenizedWork>>& from, ScoreBatch& batch) {
  std::erase_if(from, [&](const Edge<TokenizedWork>& prompt) {
    std::optional<Error> reason = stop_reason(*prompt->admitted);
    if (!reason) return false;
    batch.stopped.emplace_back(prompt->admitted, std::move(*reason));
    return true;
  });
}

void ScoreQueue::take_fitting(std::deque<Edge<TokenizedWork>>& from, std::size_t share,
                              ScoreBatch& batch, std::uint64_t& num_tokens) {
  std::erase_if(from, [&](const Edge<TokenizedWork>& prompt) {
    if (!batch.prompts.empty()) {
      if (batch.prompts.size() >= share || num_tokens + prompt->num_tokens > tokens_max_)
        return false;
      if (prompt->admitted->policy != batch.prompts[0]->admitted->policy) return false;
    }
    num_tokens += prompt->num_tokens;
    batch.prompts.push_back(prompt);
    return true;
  });
}

}  // namespace pith
