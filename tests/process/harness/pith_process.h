// The two programs that most tests start: a mock upstream and pith in front of it.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/process/harness/process.h"
#include "tests/process/harness/raw_http.h"

namespace pith::process {

std::string pith_program();
/// Takes the port from "...:PORT".
std::uint16_t port_of(const std::string& url);

class MockUpstream {
 public:
  explicit MockUpstream(std::vector<std::string> arguments = {});
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Child& child() { return child_; }

  boost::json::value get(const std::string& target) const;
  /// Recorded requests, with bodies decoded from base64.
  struct Received {
    std::string method, target, head, body;
    std::string header(std::string_view name) const;
  };
  std::vector<Received> received(const std::string& id = "") const;
  std::size_t num_requests() const;  ///< Of all kinds but those to /_mock/.
  void reset() const;
  void release(const std::string& gate, int n = 1) const;

 private:
  Child child_;
  std::uint16_t port_ = 0;
};

/// `pith serve` (or another subcommand that listens) on a free port.
class PithServer {
 public:
  struct Setup {
    std::string subcommand = "serve";
    std::string upstream = {};  ///< "[NAME=]URL"
    std::string config = {};    ///< TOML text.
    std::vector<std::string> arguments = {};
    std::string state = {};  ///< Empty: an own directory.
    std::uint16_t port = 0;
    std::map<std::string, std::string> environment = {};
  };
  explicit PithServer(Setup setup);

  bool ready() const { return port_ != 0; }
  std::uint16_t port() const { return port_; }
  Child& child() { return *child_; }
  std::string state() const { return state_; }
  /// Kills with -9 and starts again with the same state on the same port.
  void restart_after_kill();
  void restart(const std::vector<std::string>& arguments);

 private:
  void start();
  Setup setup_;
  TempDir dir_;
  std::string state_;
  std::unique_ptr<Child> child_;
  std::uint16_t port_ = 0;
};

/// Prose of at least `num_words` words, without digits and names; a seed gives another text.
std::string prose(std::size_t num_words, unsigned seed = 1);
/// An OpenAI chat body with one tool result of that text.
std::string chat_body(const std::string& tool_result, bool stream = false);
std::string json_string(const std::string& text);

}  // namespace pith::process
