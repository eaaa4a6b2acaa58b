"""From WSDL to typed Python: read, model, passes, render. Build time only; nothing of it is in the wheel."""
