#include "tests/process/harness/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace pith::process {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pith-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

Child::Child(Launch launch) {
  const std::string in = dir_.path("in"), out = dir_.path("out"), err = dir_.path("err");
  write_file(in, launch.input);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    // A proxy of the machine must not stand between a test and its loopback servers.
    if (name == "http_proxy" || name == "https_proxy" || name == "HTTP_PROXY" ||
        name == "HTTPS_PROXY" || launch.environment.count(name) != 0) {
      continue;
    }
    environment.push_back(text);
  }
  for (const auto& [name, value] : launch.environment) environment.push_back(name + "=" + value);
  std::vector<char*> argv, envp;
  for (auto& argument : launch.argv) argv.push_back(argument.data());
  for (auto& entry : environment) envp.push_back(entry.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + launch.argv[0]);
}

Child::~Child() {
  if (!running()) return;
  signal(SIGCONT);
  signal(SIGTERM);
  if (wait(Millis(5000))) return;
  signal(SIGKILL);
  wait(Millis(5000));
}

void Child::signal(int number) const {
  if (!status_) kill(pid_, number);
}

bool Child::running() { return !wait(Millis(0)); }

std::optional<int> Child::wait(Millis patience) {
  const auto poll = [this] {
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return status_.has_value();
  };
  if (patience.count() == 0) {
    poll();
  } else {
    eventually(poll, patience);
  }
  return status_;
}

std::optional<std::string> Child::wait_line(const std::string& prefix, Millis patience) {
  std::optional<std::string> found;
  const auto look = [&] {
    std::istringstream lines(output());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(prefix) && !lines.eof()) found = line.substr(prefix.size());
      if (found) return true;
    }
    return !running();
  };
  eventually(look, patience);
  return found;
}

std::string Child::output() const { return read_file(dir_.path("out")); }
std::string Child::errors() const { return read_file(dir_.path("err")); }

Finished run_program(Launch launch, Millis patience) {
  Child child(std::move(launch));
  Finished finished;
  if (const auto status = child.wait(patience)) {
    finished.status = *status;
  } else {
    child.signal(SIGKILL);
  }
  finished.out = child.output();
  finished.err = child.errors();
  return finished;
}

void sleep_for(Millis time) { std::this_thread::sleep_for(time); }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

long resident_kib(pid_t pid) {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return -1;
}

long cpu_us(pid_t pid) {
  // The name in parentheses may hold blanks; utime and stime are the 12th and 13th fields after it.
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto close = text.rfind(')');
  if (close == std::string::npos) return -1;
  std::istringstream fields(text.substr(close + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * (1'000'000 / sysconf(_SC_CLK_TCK));
}

}  // namespace pith::process
