// The few socket calls that the edge makes itself.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string_view>

namespace pith {

/// Concrete executor: a type-erased one costs an indirect call and an allocation per operation.
using IoExecutor = boost::asio::io_context::executor_type;
using IoSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;

/// Writes what the socket takes now, both pieces in one call. -1: the connection is broken.
long send_now(int fd, std::string_view first, std::string_view second);
/// TCP_NODELAY, keep-alive after 30 s.
void set_stream_options(int fd);
/// Makes the next close() send RST, so that the peer cannot take what it has for the whole.
void set_reset_on_close(int fd);
/// True when nothing at all can be read: neither bytes nor an end.
bool is_quiet(int fd);

}  // namespace pith
