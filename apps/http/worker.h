// One I/O thread: its io_context, listener, upstream pool and deadline list.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "apps/http/deadlines.h"
#include "apps/http/edge_core.h"
#include "apps/http/socket_io.h"
#include "apps/http/upstream_pool.h"

namespace pith {

class ClientConnection;

/// Lets other threads post to an I/O thread that may already be gone.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& context) : context_(&context) {}
  template <class Work>
  void post(Work&& work) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) boost::asio::post(context_->get_executor(), std::forward<Work>(work));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;
};

class Worker {
 public:
  /// `listener` is a bound, listening, non-blocking socket, owned from here on.
  Worker(EdgeCore& core, int listener);
  ~Worker();

  void start();
  /// From any thread: no new connections from here on.
  void stop_accepting();
  /// From any thread: closes kept connections on which nothing is under way.
  void close_idle();
  /// From any thread: ends every request, then the thread; join() waits for it.
  void abort_all();
  void join();

  EdgeCore& core() { return core_; }
  boost::asio::io_context& context() { return context_; }
  DeadlineList& deadlines() { return deadlines_; }
  UpstreamPool& pool() { return pool_; }
  const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
  /// Steady milliseconds; at most a tick old while anything is timed.
  std::int64_t now_ms() const { return now_ms_; }
  /// Adds to the deadline list and wakes the tick.
  void watch(Timed& timed);
  void add(const std::shared_ptr<ClientConnection>& client) { clients_.insert(client); }
  void remove(const std::shared_ptr<ClientConnection>& client) { clients_.erase(client); }

 private:
  void accept_when_ready();
  void accept_all();
  void arm_tick();
  void tick();

  static constexpr std::chrono::milliseconds kTick{250};

  EdgeCore& core_;
  DeadlineList deadlines_;
  std::unordered_set<std::shared_ptr<ClientConnection>> clients_;
  boost::asio::io_context context_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, IoExecutor> acceptor_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>
      timer_;
  boost::asio::executor_work_guard<IoExecutor> work_;
  UpstreamPool pool_;
  std::shared_ptr<Mailbox> mailbox_;
  std::int64_t now_ms_;
  bool tick_armed_ = false;
  bool accept_later_ = false;  // Out of descriptors: tried again at the next tick.
  std::thread thread_;
};

}  // namespace pith
