// Start-up: wrong configurations end it with place and reason; unsafe ones too.
#include <signal.h>
#include <sys/stat.h>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

Finished start_with(const std::string& config, std::vector<std::string> arguments = {}) {
  TempDir dir;
  write_file(dir.path("pith.toml"), config);
  std::vector<std::string> argv{
      pith_program(), "serve",           "--config",   dir.path("pith.toml"),
      "--state",      dir.path("state"), "--upstream", "http://127.0.0.1:9"};
  if (arguments.empty()) arguments = {"--listen", "127.0.0.1:0"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_program({argv, {}, {}}, Millis(10'000));
}

TEST(Configuration, MistakesNameFileLineAndColumn) {
  const struct {
    const char *text, *place;
  } cases[] = {
      {"# fine\nlisten = \n", "pith.toml:2:"},
      {"\n\n[compress]\nrate = \"half\"\n", "pith.toml:4:8"},
      {"[compress]\nrate = 1.5\n", "pith.toml:2:8"},
      {"[compress]\n  ratte = 0.5\n", "pith.toml:2:3"},
      {"[unknown]\nx = 1\n", "pith.toml:1:"},
      {"[http]\nthreads = 2.5\n", "pith.toml:2:11"},
      {"[compress]\nmode = \"sometimes\"\n", "pith.toml:2:8"},
      {"[compress]\nprotect = [\"numbers\", \"nonsense\"]\n", "pith.toml:2:23"},
  };
  for (const auto& c : cases) {
    const Finished finished = start_with(c.text);
    EXPECT_EQ(finished.status, 2) << c.text;
    EXPECT_NE(finished.err.find(c.place), std::string::npos) << c.text << "\n" << finished.err;
  }
}

TEST(Configuration, WrongFlagsExitTwo) {
  EXPECT_EQ(start_with("", {"--listen", "127.0.0.1:99999"}).status, 2);
  EXPECT_EQ(start_with("", {"--listen", "127.0.0.1:0", "--no-such-flag"}).status, 2);
  EXPECT_EQ(start_with("", {"--listen", "127.0.0.1:0", "--upstream", "ftp://x"}).status, 2);
  EXPECT_EQ(start_with("", {"--listen", "127.0.0.1:0", "--policy", "no-such-policy"}).status, 2);
  EXPECT_EQ(
      run_program({{pith_program(), "serve", "--config", "/no/such/file.toml"}, {}, {}}).status, 2);
}

TEST(Configuration, APortInUseIsSaid) {
  MockUpstream mock;
  const Finished finished =
      start_with("", {"--listen", "127.0.0.1:" + std::to_string(mock.port())});
  EXPECT_NE(finished.status, 0);
  EXPECT_NE(finished.status, -1);
  EXPECT_NE(finished.err.find(std::to_string(mock.port())), std::string::npos) << finished.err;
}

TEST(Configuration, OffLoopbackNeedsAnAdminToken) {
  const Finished refused = start_with("", {"--listen", "0.0.0.0:0"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("token"), std::string::npos) << refused.err;
}

TEST(Configuration, StateIsPrivateAndLocked) {
  MockUpstream mock;
  PithServer server(PithServer::Setup{.upstream = mock.url()});
  struct stat info {};
  ASSERT_EQ(stat(server.state().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  const Finished second = run_program({{pith_program(), "serve", "--listen", "127.0.0.1:0",
                                        "--upstream", mock.url(), "--state", server.state()},
                                       {},
                                       {}},
                                      Millis(10'000));
  EXPECT_GT(second.status, 0) << "two servers on one state directory";
}

TEST(Configuration, SighupReloads) {
  TempDir dir;
  MockUpstream mock;
  write_file(dir.path("pith.toml"), "[compress]\nmode = \"on\"\n");
  Child server(Launch{{pith_program(), "serve", "--listen", "127.0.0.1:0", "--upstream", mock.url(),
                       "--state", dir.path("state"), "--config", dir.path("pith.toml")},
                      {},
                      {}});
  const auto url = server.wait_line("pith: listening on ");
  ASSERT_TRUE(url) << server.errors();
  unsigned seed = 0;
  const auto status = [&] {
    return request(port_of(*url), "POST", "/v1/chat/completions",
                   {{"content-type", "application/json"}}, chat_body(prose(800, ++seed)))
        .header("x-pith-status");
  };
  EXPECT_EQ(status(), "compressed");
  write_file(dir.path("pith.toml"), "[compress]\nmode = \"off\"\n");
  server.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return status() == "off"; })) << status();
  write_file(dir.path("pith.toml"), "[compress]\nmode = 5\n");
  server.signal(SIGHUP);
  sleep_for(Millis(200));
  EXPECT_EQ(status(), "off") << "a wrong file changes nothing";
  EXPECT_TRUE(server.running());
}

}  // namespace
}  // namespace pith::process
