#include "messages/log/log_queue.h"

#include <initializer_list>
#include <utility>

namespace pith {
namespace {

bool is_droppable(DecisionKind kind) {
  return kind == DecisionKind::kGreedy || kind == DecisionKind::kReuse ||
         kind == DecisionKind::kBypass;
}

}  // namespace

std::deque<LogEvent>& LogQueue::lane_of(const LogEvent& event) {
  if (event.decision == nullptr) return rewards_;
  return is_droppable(event.decision->kind) ? droppable_ : precious_;
}

LogQueue::Put LogQueue::put(LogEvent& event, std::shared_ptr<const Decision>* lost) {
  std::deque<LogEvent>& lane = lane_of(event);
  Put result = Put::kQueued;
  if (size() >= size_max_) {
    // A reward does not push out what can be learned from, nor does another reward: its sender
    // repeats it.
    std::deque<LogEvent>& victims =
        droppable_.empty() && &lane == &precious_ ? precious_ : droppable_;
    if (victims.empty()) return Put::kRefused;
    *lost = victims.front().decision;
    victims.pop_front();
    result = Put::kDroppedOther;
  }
  event.number = next_number_++;
  lane.push_back(std::move(event));
  return result;
}

std::uint64_t LogQueue::first_number() const {
  std::uint64_t first = 0;
  for (const std::deque<LogEvent>* lane : {&droppable_, &precious_, &rewards_}) {
    if (lane->empty()) continue;
    if (first == 0 || lane->front().number < first) first = lane->front().number;
  }
  return first;
}

std::vector<LogEvent> LogQueue::take(std::size_t count) {
  std::vector<LogEvent> events;
  while (events.size() < count && size() > 0) {
    const std::uint64_t first = first_number();
    for (std::deque<LogEvent>* lane : {&droppable_, &precious_, &rewards_}) {
      if (lane->empty() || lane->front().number != first) continue;
      events.push_back(std::move(lane->front()));
      lane->pop_front();
      break;
    }
  }
  return events;
}

void LogQueue::give_back(std::vector<LogEvent> events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    lane_of(*event).push_front(std::move(*event));
  }
}

std::vector<LogEvent> LogQueue::take_rewards() {
  std::vector<LogEvent> events(std::make_move_iterator(rewards_.begin()),
                               std::make_move_iterator(rewards_.end()));
  rewards_.clear();
  return events;
}

}  // namespace pith
