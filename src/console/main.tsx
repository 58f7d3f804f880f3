import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { ConsoleRoutes } from "./routes.tsx";
import { Providers } from "./settings/providers.tsx";
import { Gate } from "./sign-in/gate.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("no #root");
createRoot(root).render(
  <StrictMode>
    <Providers>
      <BrowserRouter>
        <Gate>
          <ConsoleRoutes />
        </Gate>
      </BrowserRouter>
    </Providers>
  </StrictMode>,
);
