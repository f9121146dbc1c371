#include "apps/http/worker.h"

#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "apps/http/client_connection.h"

namespace pith {
namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Worker::Worker(EdgeCore& core, int listener)
    : core_(core),
      context_(1),
      acceptor_(context_),
      timer_(context_),
      work_(context_.get_executor()),
      pool_(*this),
      mailbox_(std::make_shared<Mailbox>(context_)),
      now_ms_(steady_ms()) {
  const auto protocol = core.listening.storage.ss_family == AF_INET6 ? boost::asio::ip::tcp::v6()
                                                                     : boost::asio::ip::tcp::v4();
  acceptor_.assign(protocol, listener);
}

Worker::~Worker() {
  mailbox_->close();
  pool_.clear();
}

void Worker::start() {
  accept_when_ready();
  thread_ = std::thread([this] { context_.run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::accept_when_ready() {
  acceptor_.async_wait(boost::asio::socket_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (error || !acceptor_.is_open()) return;
                         accept_all();
                         if (!accept_later_) accept_when_ready();
                       });
}

void Worker::accept_all() {
  // Bounded, so that a burst of connections does not hold up the streams.
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof(peer);
    const int fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &length,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      accept_later_ = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
      if (accept_later_) arm_tick();
      return;
    }
    ClientConnection::adopt(*this, fd, peer);
  }
}

void Worker::stop_accepting() {
  mailbox_->post([this] {
    if (!acceptor_.is_open()) return;
    accept_all();  // Those who are connected already were promised an answer.
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  });
}

void Worker::close_idle() {
  mailbox_->post([this] {
    const std::vector<std::shared_ptr<ClientConnection>> clients(clients_.begin(), clients_.end());
    for (const auto& client : clients) client->close_if_idle();
  });
}

void Worker::abort_all() {
  mailbox_->post([this] {
    const std::vector<std::shared_ptr<ClientConnection>> clients(clients_.begin(), clients_.end());
    for (const auto& client : clients) client->abort();
    pool_.clear();
    timer_.cancel();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    work_.reset();
    mailbox_->close();
    // Behind the aborted operations, so that closed connections let go of themselves first.
    boost::asio::post(context_.get_executor(), [this] { context_.stop(); });
  });
}

void Worker::watch(Timed& timed) {
  deadlines_.add(timed);
  if (!tick_armed_) now_ms_ = steady_ms();
  arm_tick();
}

void Worker::arm_tick() {
  if (tick_armed_) return;
  tick_armed_ = true;
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    tick_armed_ = false;
    if (!error) tick();
  });
}

void Worker::tick() {
  now_ms_ = steady_ms();
  deadlines_.expire(now_ms_);
  pool_.sweep();
  if (accept_later_ && acceptor_.is_open()) {
    accept_later_ = false;
    accept_when_ready();
  }
  if (!deadlines_.empty() || !pool_.empty() || accept_later_) arm_tick();
}

}  // namespace pith
