#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <vault/keyring.hpp>
#include <vault/memory_key_table.hpp>

namespace parley::vault {
namespace {

RootKeys root(std::uint8_t fill = 1) { return {RootKey{SecretBytes(Bytes(32, fill))}, std::nullopt}; }

class KeyringTest : public testing::Test {
 protected:
  OrganisationId organisation = OrganisationId::make();
  OrganisationId other = OrganisationId::make();
  Uuid call = CallId::make().uuid;
  MemoryKeyTable table;
  Keyring keyring{table, root(), system_random()};
};

TEST_F(KeyringTest, OpensWhatItSealedAlsoAfterARestart) {
  const std::string sealed = keyring.create(organisation, ThingKind::Call, call)->seal_text("detail", "Ada");
  Keyring again(table, root(), system_random());
  EXPECT_EQ(again.open(organisation, ThingKind::Call, call)->open_text("detail", sealed), "Ada");
}

TEST_F(KeyringTest, NothingCanBeMovedToAnotherPartThingOrOrganisation) {
  const auto key = keyring.create(organisation, ThingKind::Call, call);
  const Bytes sealed = key->seal("caller", as_bytes("Ada"));
  EXPECT_EQ(key->open("callee", sealed).error().code, Errc::Corrupt);
  const auto second = keyring.create(organisation, ThingKind::Call, CallId::make().uuid);
  EXPECT_EQ(second->open("caller", sealed).error().code, Errc::Corrupt);
  const auto foreign = keyring.create(other, ThingKind::Call, call);
  EXPECT_EQ(foreign->open("caller", sealed).error().code, Errc::Corrupt);
  // A wrapped key that is moved to another row does not unwrap either.
  const KeyName from{organisation, ThingKind::Call, call};
  const KeyName to{organisation, ThingKind::Recording, call};
  ASSERT_TRUE(table.put(to, *table.get(from)));
  EXPECT_EQ(keyring.open(organisation, ThingKind::Recording, call).error().code, Errc::Corrupt);
}

TEST_F(KeyringTest, ManyKeysAreMadeInOneStepOrNotAtAll) {
  const KeyName first{organisation, ThingKind::Device, DeviceId::make().uuid};
  const KeyName second{other, ThingKind::Extension, ExtensionId::make().uuid};
  ASSERT_TRUE(keyring.create_all({first, second}));
  const std::string sealed = keyring.open(first.organisation, first.kind, first.thing)->seal_text("name", "Ada");
  Keyring again(table, root(), system_random());
  EXPECT_EQ(again.open(first.organisation, first.kind, first.thing)->open_text("name", sealed), "Ada");
  EXPECT_TRUE(again.open(second.organisation, second.kind, second.thing));
  const KeyName third{organisation, ThingKind::Device, DeviceId::make().uuid};
  EXPECT_EQ(keyring.create_all({third, second}).error().code, Errc::Conflict);
  EXPECT_EQ(keyring.open(third.organisation, third.kind, third.thing).error().code, Errc::NotFound);
}

TEST_F(KeyringTest, AnotherOrganisationsThingHasNoKey) {
  ASSERT_TRUE(keyring.create(organisation, ThingKind::Call, call));
  EXPECT_EQ(keyring.open(other, ThingKind::Call, call).error().code, Errc::NotFound);
}

TEST_F(KeyringTest, SealingTwiceGivesDifferentBytes) {
  const auto key = keyring.create(organisation, ThingKind::Call, call);
  EXPECT_NE(key->seal_text("a", "same"), key->seal_text("a", "same"));
}

TEST_F(KeyringTest, DestroyedKeyIsGoneFromCacheAndTable) {
  ASSERT_TRUE(keyring.create(organisation, ThingKind::Call, call));
  EXPECT_EQ(keyring.create(organisation, ThingKind::Call, call).error().code, Errc::Conflict);
  ASSERT_TRUE(keyring.open(organisation, ThingKind::Call, call));
  ASSERT_TRUE(keyring.destroy(organisation, ThingKind::Call, call));
  EXPECT_EQ(keyring.open(organisation, ThingKind::Call, call).error().code, Errc::NotFound);
  EXPECT_TRUE(keyring.destroy(organisation, ThingKind::Call, call));
}

TEST_F(KeyringTest, DestroyingAnOrganisationTakesItsThingsAndIndexesAlong) {
  ASSERT_TRUE(keyring.create(organisation, ThingKind::Call, call));
  ASSERT_TRUE(keyring.create(other, ThingKind::Call, call));
  const auto before = *keyring.blind_index(organisation, "number", "15550100");
  ASSERT_TRUE(keyring.destroy_organisation(organisation));
  EXPECT_EQ(keyring.open(organisation, ThingKind::Call, call).error().code, Errc::NotFound);
  EXPECT_TRUE(keyring.open(other, ThingKind::Call, call));
  EXPECT_NE(*keyring.blind_index(organisation, "number", "15550100"), before);  // a new key, had it been made again
}

TEST_F(KeyringTest, CacheIsBounded) {
  Keyring small(table, root(), system_random(), {.cache = 2});
  std::vector<Uuid> calls;
  for (int i = 0; i < 10; ++i) {
    calls.push_back(CallId::make().uuid);
    ASSERT_TRUE(small.create(organisation, ThingKind::Call, calls.back()));
  }
  for (const auto& id : calls) EXPECT_TRUE(small.open(organisation, ThingKind::Call, id));
}

TEST_F(KeyringTest, BlindIndexIsStablePerOrganisationAndField) {
  const auto index = *keyring.blind_index(organisation, "number", "15550100");
  EXPECT_EQ(index.size(), 32U);
  Keyring again(table, root(), system_random());
  EXPECT_EQ(*again.blind_index(organisation, "number", "15550100"), index);
  EXPECT_NE(*keyring.blind_index(organisation, "word", "15550100"), index);
  EXPECT_NE(*keyring.blind_index(other, "number", "15550100"), index);
}

TEST_F(KeyringTest, RotationKeepsEverythingReadableWithTheNewRootOnly) {
  const std::string sealed = keyring.create(organisation, ThingKind::Call, call)->seal_text("detail", "Ada");
  const auto signer = keyring.signing_key()->public_key();
  ASSERT_TRUE(keyring.rotate_root(RootKey{SecretBytes(Bytes(32, 2))}));
  EXPECT_EQ(keyring.open(organisation, ThingKind::Call, call)->open_text("detail", sealed), "Ada");
  Keyring with_new(table, root(2), system_random());
  EXPECT_EQ(with_new.open(organisation, ThingKind::Call, call)->open_text("detail", sealed), "Ada");
  EXPECT_EQ(with_new.signing_key()->public_key(), signer);
  Keyring with_old(table, root(1), system_random());
  const auto refused = with_old.open(organisation, ThingKind::Call, call);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("root key"), std::string::npos);
}

TEST_F(KeyringTest, ManyThreadsAgreeOnOneKey) {
  std::vector<std::thread> threads;
  std::vector<std::string> indexes(8);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto key = keyring.open_or_create(organisation, ThingKind::User, call);
      indexes[i] = key ? to_hex(key->derive("x").view()) : "";
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& index : indexes) EXPECT_EQ(index, indexes.front());
}

class RootKeyFile : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("parley_root_" + system_random().token(12));
    std::filesystem::create_directory(folder);
    options.file = folder / "root.key";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
  RootKeyOptions options;
};

TEST_F(RootKeyFile, IsMadeOnceWithMode0600) {
  const auto first = load_root_key(options, system_random());
  ASSERT_TRUE(first);
  struct stat info{};
  ASSERT_EQ(::stat(options.file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(load_root_key(options, system_random())->current.id(), first->current.id());
}

TEST_F(RootKeyFile, IsRefusedWhenOthersCanReadItOrItIsDamaged) {
  ASSERT_TRUE(load_root_key(options, system_random()));
  ::chmod(options.file.c_str(), 0644);
  const auto open_to_all = load_root_key(options, system_random());
  ASSERT_FALSE(open_to_all);
  EXPECT_NE(open_to_all.error().text.find("chmod 600"), std::string::npos);
  ::chmod(options.file.c_str(), 0600);
  std::ofstream(options.file) << "short";
  EXPECT_EQ(load_root_key(options, system_random()).error().code, Errc::Corrupt);
}

TEST_F(RootKeyFile, ComesFromEnvironmentOrCommand) {
  options.environment_value = to_base64(Bytes(32, 5));
  EXPECT_EQ(as_text(load_root_key(options, system_random())->current.key.view())[0], 5);
  options.command = "echo " + to_base64(Bytes(32, 6));
  EXPECT_EQ(as_text(load_root_key(options, system_random())->current.key.view())[0], 6);
  options.command = "false";
  EXPECT_FALSE(load_root_key(options, system_random()));
  EXPECT_FALSE(std::filesystem::exists(options.file));
}

TEST_F(RootKeyFile, RotationCutAtAnyStepIsFinishedLater) {
  MemoryKeyTable table;
  const auto organisation = OrganisationId::make();
  const auto call = CallId::make().uuid;
  std::string sealed;
  {
    Keyring keyring(table, *load_root_key(options, system_random()), system_random());
    sealed = keyring.create(organisation, ThingKind::Call, call)->seal_text("p", "Ada");
  }
  const auto readable = [&] {
    auto keys = load_root_key(options, system_random());
    Keyring keyring(table, std::move(*keys), system_random());
    return keyring.open(organisation, ThingKind::Call, call)->open_text("p", sealed) == "Ada";
  };
  auto next = stage_root_key(options.file, system_random());
  ASSERT_TRUE(next);
  EXPECT_TRUE(readable());  // cut before rewrapping
  {
    Keyring keyring(table, *load_root_key(options, system_random()), system_random());
    ASSERT_TRUE(keyring.rotate_root(std::move(*next)));
  }
  EXPECT_TRUE(readable());  // cut before the rename
  ASSERT_TRUE(commit_root_key(options.file));
  EXPECT_TRUE(readable());
  EXPECT_FALSE(std::filesystem::exists(options.file.string() + ".next"));
}

}  // namespace
}  // namespace parley::vault
