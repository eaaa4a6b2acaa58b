"""Small WSDLs to change in tests, and what was generated from them as an importable package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from codegen.model import Interface
from codegen.passes import CHECKS
from codegen.reader import read
from codegen.tree import build
from codegen.writing import write

__all__ = ["WSDL", "changed", "interface_of", "package_of", "with_schema", "write_tree"]

WSDL = """<?xml version="1.0"?>
<wsdl:definitions name="Shop" targetNamespace="urn:shop" xmlns:t="urn:shop"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:x="http://www.w3.org/2001/XMLSchema">
  <wsdl:types>
    <x:schema targetNamespace="urn:shop" elementFormDefault="qualified">
      <x:element name="buy" type="t:Buy"/>
      <x:element name="bought" type="t:Bought"/>
      <x:element name="shopper" type="x:string"/>
      <x:complexType name="Buy">
        <x:sequence>
          <x:element name="item" type="x:string"/>
        </x:sequence>
      </x:complexType>
      <x:complexType name="Bought"/>
    </x:schema>
  </wsdl:types>
  <wsdl:message name="In"><wsdl:part name="body" element="t:buy"/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="body" element="t:bought"/></wsdl:message>
  <wsdl:message name="Head"><wsdl:part name="who" element="t:shopper"/></wsdl:message>
  <wsdl:portType name="ShopService">
    <wsdl:operation name="Buy">
      <wsdl:input message="t:In"/>
      <wsdl:output message="t:Out"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="ShopSoap" type="t:ShopService">
    <s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="Buy">
      <s:operation soapAction="/Buy"/>
      <wsdl:input>
        <s:header message="t:Head" part="who" use="literal"/>
        <s:body use="literal"/>
      </wsdl:input>
      <wsdl:output>
        <s:body use="literal"/>
      </wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="ShopService">
    <wsdl:port name="ShopPort" binding="t:ShopSoap"><s:address location="http://localhost/shop"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""
"""A service with one operation."""

ITEM = '<x:element name="item" type="x:string"/>'


def changed(old: str, new: str, text: str = WSDL) -> str:
    """Return the WSDL with one thing replaced, which must be there."""
    assert old in text
    return text.replace(old, new, 1)


def with_schema(fields: str, declarations: str = "") -> str:
    """Return the WSDL with other fields in its request and with more declarations."""
    return changed("</x:schema>", f"{declarations}</x:schema>", changed(ITEM, fields))


def write_tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Write text files below a folder and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def interface_of(folder: Path, text: str) -> Interface:
    """Return what a WSDL declares, checked, before any pass."""
    write_tree(folder, {"service.wsdl": text})
    interface = read(folder / "service.wsdl", source="wsdl/service.wsdl", package="made.service")
    for check in CHECKS:
        check(interface)
    return interface


def package_of(folder: Path, wsdl_dir: Path, name: str, module: str = "") -> ModuleType:
    """Generate a package of that name into a folder and import it, or a module of it."""
    write(build(wsdl_dir, name), folder / name)
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(f"{name}.{module}".rstrip("."))
    finally:
        sys.path.remove(str(folder))
