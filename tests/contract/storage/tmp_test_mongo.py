import pytest
from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.servers.mongodb import MongodbServer, shared
from urllib.parse import urlsplit

class TestStandalone(StorageContract):
    @pytest.fixture
    def under_test(self):
        s = shared()
        url = s.new_database()
        p = urlsplit(url)
        return StoreUnderTest(url=url, server=s, address=(p.hostname, p.port))

class TestReplicaSet(StorageContract):
    @pytest.fixture
    def under_test(self):
        s = shared(replica_set=True)
        url = s.new_database()
        return StoreUnderTest(url=url, server=s)
