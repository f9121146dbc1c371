#include "apps/memo/memo.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "messages/sqlite/database.h"
#include "tests/apps/memo/memo_fixture.h"

namespace pith {
namespace {

using Texts = std::vector<std::pair<KeyedHash, SentForm>>;

class MemoTest : public testing::TestWithParam<const char*> {
 protected:
  std::string path() const {
    return std::string(GetParam()) == ":memory:" ? ":memory:" : dir_.file(GetParam());
  }
  TemporaryDir dir_;
};

INSTANTIATE_TEST_SUITE_P(Places, MemoTest, testing::Values(":memory:", "memo.db"),
                         [](const auto& place) { return place.index == 0 ? "Memory" : "File"; });

TEST_P(MemoTest, NewTextsAreUnknownAndCommittedOnesFound) {
  const auto memo = open_memo(path());
  ASSERT_NE(memo, nullptr);
  const KeyedHash conversation = hash_of("c");
  const auto before = memo->find(conversation, {hash_of("a"), hash_of("b")});
  ASSERT_TRUE(before);
  EXPECT_EQ(*before, (std::vector<std::optional<SentForm>>(2)));
  EXPECT_FALSE((*memo->find_conversation(conversation)).has_value());

  const auto stood =
      commit_now(*memo, conversation, {"policy-1", 77},
                 Texts{{hash_of("a"), seeded_form(1)}, {hash_of("b"), seeded_form(2)}});
  ASSERT_TRUE(stood);
  EXPECT_EQ(*stood, (std::vector<SentForm>{seeded_form(1), seeded_form(2)}));
  const auto after = memo->find(conversation, {hash_of("b"), hash_of("new"), hash_of("a")});
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)[0], seeded_form(2));
  EXPECT_EQ((*after)[1], std::nullopt);
  EXPECT_EQ((*after)[2], seeded_form(1));
  EXPECT_EQ((*memo->find_conversation(conversation))->policy, "policy-1");
  EXPECT_EQ(memo->rows(), 2U);
}

TEST_P(MemoTest, FirstFormWinsForEver) {
  const auto memo = open_memo(path());
  const KeyedHash conversation = hash_of("c");
  ASSERT_TRUE(commit_now(*memo, conversation, {"p1", 1}, Texts{{hash_of("a"), seeded_form(1)}}));
  const auto later =
      commit_now(*memo, conversation, {"p2", 2},
                 Texts{{hash_of("a"), seeded_form(9)}, {hash_of("b"), seeded_form(3)}});
  ASSERT_TRUE(later);
  EXPECT_EQ(*later, (std::vector<SentForm>{seeded_form(1), seeded_form(3)}));
  EXPECT_EQ((*memo->find_conversation(conversation)), (ConversationStart{"p1", 1}));
  EXPECT_EQ(*(*memo->find(conversation, {hash_of("a")}))[0], seeded_form(1));
}

TEST_P(MemoTest, OneTextTwiceInACommitStandsOnce) {
  const auto memo = open_memo(path());
  const auto stood =
      commit_now(*memo, hash_of("c"), {"p", 1},
                 Texts{{hash_of("a"), seeded_form(1)}, {hash_of("a"), seeded_form(2)}});
  ASSERT_TRUE(stood);
  EXPECT_EQ(*stood, (std::vector<SentForm>{seeded_form(1), seeded_form(1)}));
  EXPECT_EQ(memo->rows(), 1U);
}

TEST_P(MemoTest, SameTextInAnotherConversationIsAnother) {
  const auto memo = open_memo(path());
  ASSERT_TRUE(commit_now(*memo, hash_of("c1"), {"p", 1}, Texts{{hash_of("a"), seeded_form(1)}}));
  EXPECT_FALSE((*memo->find(hash_of("c2"), {hash_of("a")}))[0].has_value());
}

// Goal: of racers with different forms for one text, all are told the same winner. Method: threads,
// many rounds.
TEST_P(MemoTest, RacersAreToldTheSameWinner) {
  const auto memo = open_memo(path());
  constexpr int kRacers = 4;
  for (std::uint32_t round = 0; round < 100; ++round) {
    const KeyedHash conversation = hash_of("c" + std::to_string(round / 10));
    const KeyedHash text = hash_of("t" + std::to_string(round));
    std::vector<SentForm> told(kRacers);
    std::vector<std::thread> racers;
    for (std::uint32_t racer = 0; racer < kRacers; ++racer) {
      racers.emplace_back([&, racer] {
        const auto found = memo->find(conversation, {text});
        if (found && (*found)[0]) {
          told[racer] = *(*found)[0];
          return;
        }
        const auto stood = commit_now(*memo, conversation, {"p", racer},
                                      Texts{{text, seeded_form(round * 10 + racer)}});
        if (stood) told[racer] = (*stood)[0];
      });
    }
    for (std::thread& racer : racers) racer.join();
    for (const SentForm& form : told) ASSERT_EQ(form, told[0]);
    ASSERT_EQ(*(*memo->find(conversation, {text}))[0], told[0]);
  }
}

// Goal: the memo is a map where the first insert wins. Method: random commands against std::map,
// with a cache that holds next to nothing, and reopening.
TEST(MemoProperty, AgreesWithAMapThroughEvictionAndReopening) {
  const TemporaryDir dir;
  std::mt19937 random(42);
  std::map<std::pair<KeyedHash, KeyedHash>, SentForm> expected;
  std::map<KeyedHash, ConversationStart> starts;
  Memo::Options options;
  options.path = dir.file("memo.db");
  options.cache_bytes = 60'000;
  auto memo = open_memo(options);
  for (int command = 0; command < 3000; ++command) {
    const KeyedHash conversation = hash_of("c" + std::to_string(random() % 20));
    std::vector<KeyedHash> texts;
    for (unsigned i = 0; i < 1 + random() % 6; ++i) {
      texts.push_back(hash_of("t" + std::to_string(random() % 50)));
    }
    if (random() % 3 == 0) {
      Texts forms;
      const ConversationStart start{"p" + std::to_string(random() % 3), command};
      for (const KeyedHash& text : texts) forms.emplace_back(text, seeded_form(random() % 200));
      starts.try_emplace(conversation, start);
      std::vector<SentForm> winners;
      for (const auto& [text, form] : forms) {
        winners.push_back(expected.try_emplace({conversation, text}, form).first->second);
      }
      const auto stood = commit_now(*memo, conversation, start, forms);
      ASSERT_TRUE(stood);
      ASSERT_EQ(*stood, winners) << command;
    } else {
      const auto found = memo->find(conversation, texts);
      ASSERT_TRUE(found);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto at = expected.find({conversation, texts[i]});
        ASSERT_EQ((*found)[i].has_value(), at != expected.end()) << command;
        if (at != expected.end()) {
          ASSERT_EQ(*(*found)[i], at->second) << command;
        }
      }
      const auto start = memo->find_conversation(conversation);
      ASSERT_TRUE(start);
      ASSERT_EQ(start->has_value(), starts.contains(conversation));
      if (start->has_value()) {
        ASSERT_EQ(**start, starts[conversation]);
      }
    }
    ASSERT_EQ(memo->rows(), expected.size());
    ASSERT_LE(memo->counters().cache_bytes, options.cache_bytes);
    if (command % 500 == 250) {
      memo.reset();
      memo = open_memo(options);
      ASSERT_NE(memo, nullptr);
    }
  }
  EXPECT_GT(memo->counters().loads, 50U);  // evicted conversations were read again
  EXPECT_GT(memo->counters().hits, 50U);
}

// Goal: finds that load while the writer commits miss nothing that was reported before they began.
TEST(MemoProperty, ConcurrentLoadsAndCommitsAgree) {
  const TemporaryDir dir;
  Memo::Options options;
  options.path = dir.file("memo.db");
  options.cache_bytes = 2000;
  const auto memo = open_memo(options);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::uint32_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint32_t i = 0; i < 400; ++i) {
        const KeyedHash conversation = hash_of("c" + std::to_string(i % 5));
        const KeyedHash text = hash_of(std::to_string(thread) + "." + std::to_string(i));
        const auto before = memo->find(conversation, {text});
        if (!before || (*before)[0]) ++wrong;
        if (!commit_now(*memo, conversation, {"p", 0}, Texts{{text, seeded_form(i)}})) ++wrong;
        const auto after = memo->find(conversation, {text});
        if (!after || (*after)[0] != seeded_form(i)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(memo->rows(), 1600U);
}

TEST(MemoFile, WholeConversationIsReadOnce) {
  const TemporaryDir dir;
  Texts texts;
  std::vector<KeyedHash> hashes;
  for (std::uint32_t i = 0; i < 40; ++i) {
    hashes.push_back(hash_of(std::to_string(i)));
    texts.emplace_back(hashes.back(), seeded_form(i));
  }
  ASSERT_TRUE(commit_now(*open_memo(dir.file("memo.db")), hash_of("c"), {"p", 1}, texts));
  const auto memo = open_memo(dir.file("memo.db"));
  for (int turn = 0; turn < 40; ++turn) ASSERT_TRUE((*memo->find(hash_of("c"), hashes))[39]);
  ASSERT_FALSE((*memo->find(hash_of("c"), {hash_of("new")}))[0]);
  EXPECT_EQ(memo->counters().loads, 1U);
  EXPECT_EQ(memo->counters().hits, 40U);
}

TEST(MemoFile, QueuedCommitsStandWhenItIsClosed) {
  const TemporaryDir dir;
  int done = 0;
  {
    const auto memo = open_memo(dir.file("memo.db"));
    for (std::uint32_t i = 0; i < 1000; ++i) {
      memo->commit(hash_of("c"), {"p", 1}, Texts{{hash_of(std::to_string(i)), seeded_form(i)}},
                   [&](const Result<std::vector<SentForm>>& forms) { done += forms ? 1 : 0; });
    }
  }
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(open_memo(dir.file("memo.db"))->rows(), 1000U);
}

TEST(MemoFile, IsPrivateAndHoldsNoText) {
  const TemporaryDir dir;
  const std::string canary = "the canary sang at midnight";
  const HashKey key = *HashKey::load_or_create(dir.path());
  const auto memo = open_memo(dir.file("memo.db"));
  ASSERT_TRUE(commit_now(*memo, key.of({"tenant", canary}), {"p", 1},
                         Texts{{key.of({canary}), seeded_form(3)}}));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    ++files;
    std::stringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_GT(content.str().size(), 0U);
    EXPECT_EQ(content.str().find("canary"), std::string::npos) << entry.path();
    struct stat info {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0U) << entry.path();
  }
  EXPECT_EQ(files, 4);  // hash.key, memo.db, -wal, -shm
}

TEST(MemoFile, NewerSchemaIsRefused) {
  const TemporaryDir dir;
  ASSERT_NE(open_memo(dir.file("memo.db")), nullptr);
  {
    auto db = SqliteDatabase::open(dir.file("memo.db"), {});
    ASSERT_TRUE(db && db->execute("PRAGMA user_version=9"));
  }
  Memo::Options options;
  options.path = dir.file("memo.db");
  const auto memo = Memo::open(options);
  ASSERT_FALSE(memo);
  EXPECT_EQ(memo.error().code, ErrorCode::kStorageFailed);
  EXPECT_NE(memo.error().detail.find("schema version 9 is newer than this program's 1"),
            std::string::npos)
      << memo.error().detail;
}

TEST(MemoFile, OtherFilesAreRefusedAndLeftAlone) {
  const TemporaryDir dir;
  std::ofstream(dir.file("text.db")) << std::string(8192, 'x');
  {
    auto db = SqliteDatabase::open(dir.file("other.db"), {});
    ASSERT_TRUE(db && db->execute("CREATE TABLE theirs (x)"));
  }
  for (const char* name : {"text.db", "other.db", "no/such/folder.db"}) {
    Memo::Options options;
    options.path = dir.file(name);
    const auto memo = Memo::open(options);
    ASSERT_FALSE(memo) << name;
    EXPECT_EQ(memo.error().code, ErrorCode::kStorageFailed);
    EXPECT_NE(memo.error().detail.find(name), std::string::npos) << memo.error().detail;
  }
  EXPECT_EQ(std::filesystem::file_size(dir.file("text.db")), 8192U);
}

// Goal: damage inside the file is an error, not a crash and not a wrong form of a damaged row.
TEST(MemoFile, DamagedPagesAreErrors) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const TemporaryDir dir;
    Texts texts;
    for (std::uint32_t i = 0; i < 300; ++i) {
      texts.emplace_back(hash_of(std::to_string(i)), seeded_form(i));
    }
    ASSERT_TRUE(commit_now(*open_memo(dir.file("memo.db")), hash_of("c"), {"p", 1}, texts));
    std::mt19937 random(seed);
    {
      std::fstream file(dir.file("memo.db"), std::ios::in | std::ios::out | std::ios::binary);
      const auto size = static_cast<unsigned>(std::filesystem::file_size(dir.file("memo.db")));
      ASSERT_GT(size, 20'000U);
      for (int i = 0; i < 20; ++i) {
        file.seekp(4096 + random() % (size - 4096 - 64));
        for (int byte = 0; byte < 64; ++byte) file.put(static_cast<char>(random()));
      }
    }
    const auto memo = open_memo(dir.file("memo.db"));
    if (!memo) continue;
    for (std::uint32_t i = 0; i < 300; i += 10) {
      const auto found = memo->find(hash_of("c"), {hash_of(std::to_string(i))});
      if (!found) {
        EXPECT_EQ(found.error().code, ErrorCode::kStorageFailed);
      }
    }
    (void)commit_now(*memo, hash_of("c"), {"p", 1}, Texts{{hash_of("new"), seeded_form(1)}});
  }
}

}  // namespace
}  // namespace pith
