// A few threads for the work between reading a body and forwarding it, so that I/O threads never
// wait for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pith {

/// First in, first out. Its length is bounded by the edge's limit on requests in flight.
class WorkQueue {
 public:
  explicit WorkQueue(unsigned threads);
  ~WorkQueue();  ///< Runs what is queued, then joins.
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void post(std::function<void()> work);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pith
